#!/usr/bin/env bash
# Object Lambda access points: s3control of boto3 and aws-cli makes them, and programs use them by alias and by ARN.
. "$(dirname "$0")/lib.sh" "$@"
# The names that SDKs make of ARNs and accounts are below the name of the server.
NAMED=http://localhost:${ENDPOINT##*:}
export PYTHONPATH=$HERE/names
S3="aws --endpoint-url $ENDPOINT s3"
CONTROL="aws --endpoint-url $NAMED --output text s3control"
ACCOUNT=000000000001
POINT=olap-$$-$RANDOM
random 12000000 >"$WORK/large"

timeout --kill-after=5 120 python3 "$HERE/object_lambda_checks.py" "$NAMED" "$BUCKET" || FAILED=$((FAILED + 1))

make() {
  $S3 mb "s3://$BUCKET-cli"
  $CONTROL create-access-point --account-id "$ACCOUNT" --name "$POINT" --bucket "$BUCKET-cli"
  # Listings are transformed alone, so objects pass.
  cat >"$WORK/configuration.json" <<JSON
{"SupportingAccessPoint": "arn:aws:s3:$REGION:$ACCOUNT:accesspoint/$POINT",
 "TransformationConfigurations": [{"Actions": ["ListObjects"], "ContentTransformation": {"AwsLambda": {
   "FunctionArn": "arn:aws:lambda:$REGION:$ACCOUNT:function:nothing"}}}]}
JSON
  $CONTROL create-access-point-for-object-lambda --account-id "$ACCOUNT" --name "$POINT" \
    --configuration "file://$WORK/configuration.json" --query Alias.Value >"$WORK/alias"
  grep -- '--ol-s3$' "$WORK/alias"
  $CONTROL list-access-points-for-object-lambda --account-id "$ACCOUNT" | grep "$POINT"
  $CONTROL get-access-point-configuration-for-object-lambda --account-id "$ACCOUNT" --name "$POINT" | grep function:nothing
}
check make_one make
alias() {
  local name
  name=$(cat "$WORK/alias")
  $S3 cp "$WORK/large" "s3://$name/dir/large"
  $S3 cp "s3://$name/dir/large" - | cmp - "$WORK/large"
  $S3 ls "s3://$name/dir/" | grep large
  curl -sf "$($S3 presign "s3://$name/dir/large" --expires-in 60)" | cmp - "$WORK/large"
  $S3 rm "s3://$name/dir/large"
}
check copy_by_the_alias alias
end() {
  $CONTROL delete-access-point-for-object-lambda --account-id "$ACCOUNT" --name "$POINT"
  refused $CONTROL get-access-point-for-object-lambda --account-id "$ACCOUNT" --name "$POINT"
  $CONTROL delete-access-point --account-id "$ACCOUNT" --name "$POINT"
  $S3 rb "s3://$BUCKET-cli"
}
check delete_it_and_then_its_bucket end
finish
