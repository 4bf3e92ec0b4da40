#!/usr/bin/env bash
# Access points: s3control of boto3 makes them, and programs use them by alias and by ARN.
. "$(dirname "$0")/lib.sh" "$@"
# The names that SDKs make of ARNs and accounts are below the name of the server.
NAMED=http://localhost:${ENDPOINT##*:}
export PYTHONPATH=$HERE/names
S3="aws --endpoint-url $ENDPOINT s3"
CONTROL="aws --endpoint-url $NAMED --output text s3control"
ACCOUNT=000000000001
POINT=point-$$-$RANDOM
ARN=arn:aws:s3:$REGION:$ACCOUNT:accesspoint/$POINT
random 12000000 >"$WORK/large"; echo a picture of a cat >"$WORK/cat.jpg"

timeout --kill-after=5 120 python3 "$HERE/access_points_checks.py" "$NAMED" "$BUCKET" || FAILED=$((FAILED + 1))

make() {
  $S3 mb "s3://$BUCKET-cli"
  $CONTROL create-access-point --account-id "$ACCOUNT" --name "$POINT" --bucket "$BUCKET-cli" --query Alias >"$WORK/alias"
  grep -- '-s3alias$' "$WORK/alias"
  $CONTROL list-access-points --account-id "$ACCOUNT" --bucket "$BUCKET-cli" | grep "$POINT"
}
check make_an_access_point make
alias() {
  local name
  name=$(cat "$WORK/alias")
  $S3 cp "$WORK/large" "s3://$name/dir/large"
  $S3 cp "s3://$name/dir/large" - | cmp - "$WORK/large"
  $S3 ls "s3://$name/dir/" | grep large
  curl -sf "$($S3 presign "s3://$name/dir/large" --expires-in 60)" | cmp - "$WORK/large"
}
check copy_by_the_alias alias
arn() {
  # The hosts of ARNs are virtual-hosted ones.
  printf '[default]\ns3 =\n  addressing_style = auto\n' >"$AWS_CONFIG_FILE.arn"
  AWS_CONFIG_FILE=$AWS_CONFIG_FILE.arn aws --endpoint-url "$NAMED" s3 cp "$WORK/cat.jpg" "s3://$ARN/cat.jpg"
  AWS_CONFIG_FILE=$AWS_CONFIG_FILE.arn aws --endpoint-url "$NAMED" s3 cp "s3://$ARN/cat.jpg" - | cmp - "$WORK/cat.jpg"
  $S3 cp "s3://$BUCKET-cli/cat.jpg" - | cmp - "$WORK/cat.jpg"
}
check copy_by_the_arn arn
with_rclone() {
  export RCLONE_CONFIG=$WORK/rclone.conf RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other RCLONE_CONFIG_S_ENDPOINT=$ENDPOINT
  export RCLONE_CONFIG_S_ACCESS_KEY_ID=$ACCESS RCLONE_CONFIG_S_SECRET_ACCESS_KEY=$SECRET RCLONE_CONFIG_S_REGION=$REGION
  export RCLONE_CONFIG_S_FORCE_PATH_STYLE=true RCLONE_RETRIES=1 RCLONE_S3_NO_CHECK_BUCKET=true
  : >"$RCLONE_CONFIG"
  local name
  name=$(cat "$WORK/alias")
  mkdir -p "$WORK/tree/a"
  for number in 1 2 3 4 5; do echo "$number" >"$WORK/tree/a/$number"; done
  rclone copy "$WORK/tree" "s:$name/tree"
  rclone check --download "$WORK/tree" "s:$name/tree"
  rclone copy "s:$name/tree" "s:$name/copy"
  [ "$(rclone lsf "s:$name/copy/a" | wc -l)" = 5 ]
}
check rclone_by_the_alias with_rclone
end() {
  $S3 rm --recursive "s3://$BUCKET-cli"
  refused $S3 rb "s3://$BUCKET-cli"
  $CONTROL delete-access-point --account-id "$ACCOUNT" --name "$POINT"
  $S3 rb "s3://$BUCKET-cli"
}
check delete_it_and_then_its_bucket end
finish
