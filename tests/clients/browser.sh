#!/usr/bin/env bash
# A real browser: Chromium shows pictures that a transform makes, by a presigned URL through an Object Lambda access point and
# by a rule of a public bucket, whose URL says the size.
. "$(dirname "$0")/lib.sh" "$@"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if ! command -v chromium >/dev/null; then
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends chromium >/dev/null
fi
S3="aws --endpoint-url $ENDPOINT s3"
API="aws --endpoint-url $ENDPOINT s3api"
POINT=thumbs-$$
export AWS_ENDPOINT_URL=$ENDPOINT

deploy() {
  "$PROGRAM" transform new "$WORK/thumbs" --from image
  # Its compiler is where its user has it, and not in the home of this script; what the gallery has compiled will do.
  HOME=$OWN_HOME CARGO_TARGET_DIR=$HERE/../../examples/transforms/target "$PROGRAM" transform build "$WORK/thumbs"
  "$PROGRAM" transform deploy "$WORK/thumbs/thumbs.wasm" --name "$POINT" --vary query:w,query:h,query:fit,query:format,query:q,query:strip
  $S3 mb "s3://$BUCKET"
  $S3 cp "$WORK/thumbs/picture.png" "s3://$BUCKET/picture.png"
  "$PROGRAM" olap create "$POINT" --bucket "$BUCKET" --function "$POINT" --payload 'w=160&h=160&format=jpeg' >"$WORK/made"
  grep -o "[a-z0-9-]*--ol-s3" "$WORK/made" | head -n 1 >"$WORK/alias"
}
SECONDS_MAX=600 # where the image library is compiled
check deploy_the_transform deploy
SECONDS_MAX=180

# The browser waits for the picture, writes its size into the page, and prints that page.
shows() { # URL SIZE
  cat >"$WORK/page.html" <<PAGE
<!doctype html><body data-size=none>
<img src="${1//&/&amp;}" onload="document.body.dataset.size=this.naturalWidth+'x'+this.naturalHeight"
     onerror="document.body.dataset.size='broken'">
PAGE
  chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --user-data-dir="$WORK/browser" --virtual-time-budget=20000 \
    --dump-dom "file://$WORK/page.html" >"$WORK/shown" 2>"$WORK/browser.log"
  grep "data-size=\"$2\"" "$WORK/shown"
}

presigned() {
  local url
  url=$($S3 presign "s3://$(cat "$WORK/alias")/picture.png" --expires-in 60)
  curl -sf "$url" | head -c 3 | od -An -tx1 | tr -d ' ' | grep -x ffd8ff
  shows "$url" 160x107
  # The object itself is as it was.
  shows "$($S3 presign "s3://$BUCKET/picture.png" --expires-in 60)" 480x320
}
check a_presigned_url_through_an_access_point_shows_a_thumbnail presigned

rule() {
  local arn
  arn=$(aws --endpoint-url "$ENDPOINT" lambda get-alias --function-name "$POINT" --name live --query AliasArn --output text)
  cat >"$WORK/rules.xml" <<RULES
<TransformConfiguration><Rule><ID>sizes</ID><Operation>GetObject</Operation><QueryParameter>w</QueryParameter>
<FunctionArn>$arn</FunctionArn></Rule></TransformConfiguration>
RULES
  "$PROGRAM" transform rules "$BUCKET" --set "$WORK/rules.xml"
  $API delete-public-access-block --bucket "$BUCKET"
  $API put-bucket-policy --bucket "$BUCKET" --policy "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",
    \"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$BUCKET/*\"}}"
  shows "$ENDPOINT/$BUCKET/picture.png" 480x320
  shows "$ENDPOINT/$BUCKET/picture.png?w=240" 240x160
  shows "$ENDPOINT/$BUCKET/picture.png?w=99999" broken
}
check a_public_url_says_the_size_of_the_picture rule

end() {
  "$PROGRAM" olap delete "$POINT"
  "$PROGRAM" transform delete "$POINT"
  $S3 rb --force "s3://$BUCKET"
}
check it_all_goes_again end
finish
