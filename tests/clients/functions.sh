#!/usr/bin/env bash
# Functions: boto3 and aws-cli deploy a transform by the API of Lambda.
export BUILDER=$HOME # cargo is found there
. "$(dirname "$0")/lib.sh" "$@"
ROOT=$(cd "$HERE/../.." && pwd)
BUILT=${CARGO_TARGET_DIR:-$ROOT/target}/transforms
LAMBDA="aws --endpoint-url $ENDPOINT --output text lambda"
NAME=upper-$$-$RANDOM

build() {
  cd "$ROOT/tests/transforms"
  HOME=$BUILDER cargo build --quiet --locked --release --target wasm32-wasip2 --target-dir "$BUILT" -p streaming
  cp "$BUILT/wasm32-wasip2/release/streaming.wasm" "$WORK/transform.wasm"
  cd "$WORK"
  python3 -m zipfile -c transform.zip transform.wasm
}
check build_a_package build
timeout --kill-after=5 120 python3 "$HERE/functions_checks.py" "$ENDPOINT" "$WORK/transform.wasm" || FAILED=$((FAILED + 1))

deploy() {
  $LAMBDA create-function --function-name "$NAME" --zip-file "fileb://$WORK/transform.zip" --runtime provided.al2023 \
    --handler transform --role arn:aws:iam::000000000000:role/none --query State | grep Active
  $LAMBDA wait function-active-v2 --function-name "$NAME"
  $LAMBDA publish-version --function-name "$NAME" --query Version | grep '^1$'
  $LAMBDA create-alias --function-name "$NAME" --name live --function-version 1 --query AliasArn | grep ":$NAME:live"
  $LAMBDA update-function-configuration --function-name "$NAME" --timeout 9 --query Timeout | grep '^9$'
  $LAMBDA update-function-code --function-name "$NAME" --zip-file "fileb://$WORK/transform.zip" --publish --query Version |
    grep '^2$'
  $LAMBDA update-alias --function-name "$NAME" --name live --function-version 2 --query FunctionVersion | grep '^2$'
  $LAMBDA list-functions --query 'Functions[].FunctionName' | grep "$NAME"
}
check deploy_by_the_command_line deploy
invoke() {
  $LAMBDA invoke --function-name "$NAME" --qualifier live \
    --payload '{"body": "hello"}' --query ExecutedVersion "$WORK/answer" | grep '^2$'
  grep '"body":"HELLO"' "$WORK/answer"
}
check invoke_it invoke
end() {
  refused $LAMBDA delete-function --function-name "$NAME" --qualifier 2
  $LAMBDA delete-function --function-name "$NAME"
  refused $LAMBDA get-function --function-name "$NAME"
}
check delete_it end
finish
