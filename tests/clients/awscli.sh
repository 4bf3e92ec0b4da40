#!/usr/bin/env bash
# The AWS CLI: what people type on their first day.
. "$(dirname "$0")/lib.sh" "$@"
S3="aws --endpoint-url $ENDPOINT s3"
API="aws --endpoint-url $ENDPOINT --output text s3api"
STS="aws --endpoint-url $ENDPOINT --output text sts"
random 2000 >"$WORK/small"; random 21000000 >"$WORK/large"
mkdir -p "$WORK/tree/a/b" "$WORK/tree/c d"
for number in 1 2 3 4 5 6 7; do echo "$number" >"$WORK/tree/a/b/$number"; done
random 300000 >"$WORK/tree/c d/umlaut-ü"; : >"$WORK/tree/empty"

who_am_i() { $STS get-caller-identity | grep arn:aws:iam::; }
check who_am_i who_am_i
make() { $S3 mb "s3://$BUCKET"; $S3 ls | grep "$BUCKET"; $API head-bucket --bucket "$BUCKET"; }
check make_a_bucket make
small() { $S3 cp "$WORK/small" "s3://$BUCKET/small"; $S3 cp "s3://$BUCKET/small" "$WORK/back"; cmp "$WORK/small" "$WORK/back"; }
check copy_up_and_down small
large() { $S3 cp "$WORK/large" "s3://$BUCKET/dir/large"; $S3 cp "s3://$BUCKET/dir/large" "$WORK/back"; cmp "$WORK/large" "$WORK/back"; $API head-object --bucket "$BUCKET" --key dir/large --query ETag | grep -- '-3"'; }
check copy_in_parts large
piped() { $S3 cp - "s3://$BUCKET/piped" <"$WORK/large"; $S3 cp "s3://$BUCKET/piped" - | cmp - "$WORK/large"; }
check copy_through_pipes piped
server_side() { $S3 cp "s3://$BUCKET/dir/large" "s3://$BUCKET/copied"; $S3 mv "s3://$BUCKET/copied" "s3://$BUCKET/moved"; $S3 cp "s3://$BUCKET/moved" - | cmp - "$WORK/large"; refused $API head-object --bucket "$BUCKET" --key copied; }
check copy_and_move_on_the_server server_side
sync() {
  $S3 sync "$WORK/tree" "s3://$BUCKET/tree"
  $S3 sync "s3://$BUCKET/tree" "$WORK/down"
  diff -r "$WORK/tree" "$WORK/down"
  [ -z "$($S3 sync "$WORK/tree" "s3://$BUCKET/tree")" ]
  rm "$WORK/tree/a/b/7"
  $S3 sync --delete "$WORK/tree" "s3://$BUCKET/tree"
  [ "$($S3 ls --recursive "s3://$BUCKET/tree/" | wc -l)" = 8 ]
}
check sync_a_tree sync
list() { $S3 ls "s3://$BUCKET/tree/" | grep 'PRE a/'; [ "$($API list-objects-v2 --bucket "$BUCKET" --prefix tree/ --page-size 3 --query 'length(Contents)' | awk '{ total += $1 } END { print total }')" = 8 ]; }
check list_in_pages list
presign() { curl -sf "$($S3 presign "s3://$BUCKET/small" --expires-in 60)" | cmp - "$WORK/small"; }
check presign presign
range() { $API get-object --bucket "$BUCKET" --key small --range bytes=100-199 "$WORK/part"; cmp "$WORK/part" <(tail -c +101 "$WORK/small" | head -c 100); }
check read_a_range range
conditions() { $API put-object --bucket "$BUCKET" --key once --body "$WORK/small" --if-none-match '*'; refused $API put-object --bucket "$BUCKET" --key once --body "$WORK/small" --if-none-match '*'; }
check write_only_once conditions
checksums() { for algorithm in CRC32 CRC32C SHA1 SHA256; do $API put-object --bucket "$BUCKET" --key "sum-$algorithm" --body "$WORK/small" --checksum-algorithm $algorithm; aws --endpoint-url "$ENDPOINT" --output json s3api head-object --bucket "$BUCKET" --key "sum-$algorithm" --checksum-mode ENABLED | grep "Checksum$algorithm"; done; }
check checksums checksums
versions() {
  $API put-bucket-versioning --bucket "$BUCKET" --versioning-configuration Status=Enabled
  first=$($API put-object --bucket "$BUCKET" --key v --body "$WORK/small" --query VersionId)
  $API put-object --bucket "$BUCKET" --key v --body "$WORK/large"
  $API delete-object --bucket "$BUCKET" --key v
  refused $API head-object --bucket "$BUCKET" --key v
  $API get-object --bucket "$BUCKET" --key v --version-id "$first" "$WORK/back"
  cmp "$WORK/small" "$WORK/back"
  [ "$($API list-object-versions --bucket "$BUCKET" --prefix v --query 'length(Versions)')" = 2 ]
}
check versions versions
tags() { $API put-object-tagging --bucket "$BUCKET" --key small --tagging 'TagSet=[{Key=colour,Value=blue}]'; $API get-object-tagging --bucket "$BUCKET" --key small | grep blue; }
check tags tags
lock() {
  $API create-bucket --bucket "$BUCKET-lock" --object-lock-enabled-for-bucket
  id=$($API put-object --bucket "$BUCKET-lock" --key k --body "$WORK/small" --query VersionId)
  $API put-object-legal-hold --bucket "$BUCKET-lock" --key k --legal-hold Status=ON
  refused $API delete-object --bucket "$BUCKET-lock" --key k --version-id "$id"
  $API put-object-legal-hold --bucket "$BUCKET-lock" --key k --legal-hold Status=OFF
  $API delete-object --bucket "$BUCKET-lock" --key k --version-id "$id"
  $S3 rb "s3://$BUCKET-lock"
}
check object_lock lock
cors() {
  refused $API get-bucket-cors --bucket "$BUCKET"
  $API put-bucket-cors --bucket "$BUCKET" --cors-configuration '{"CORSRules":[{"AllowedOrigins":["https://*.example.com"],"AllowedMethods":["GET","PUT"],"AllowedHeaders":["x-amz-*"],"ExposeHeaders":["ETag"],"MaxAgeSeconds":60}]}'
  [ "$($API get-bucket-cors --bucket "$BUCKET" --query 'CORSRules[0].[AllowedOrigins[0],AllowedMethods[1],MaxAgeSeconds]')" = "$(printf 'https://*.example.com\tPUT\t60')" ]
  refused $API put-bucket-cors --bucket "$BUCKET" --cors-configuration '{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"],"ExposeHeaders":["*"]}]}'
  curl -sf -o "$WORK/none" -D "$WORK/head" -X OPTIONS -H 'Origin: https://a.example.com' -H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers: X-Amz-Date' "$ENDPOINT/$BUCKET/small"
  grep -i '^access-control-allow-origin: https://a.example.com.$' "$WORK/head"
  grep -i '^access-control-allow-headers: x-amz-date.$' "$WORK/head"
  refused curl -sf -X OPTIONS -H 'Origin: https://example.org' -H 'Access-Control-Request-Method: PUT' "$ENDPOINT/$BUCKET/small"
  curl -sf -D "$WORK/head" -H 'Origin: https://a.example.com' "$($S3 presign "s3://$BUCKET/small" --expires-in 60)" | cmp - "$WORK/small"
  grep -i '^access-control-expose-headers: ETag.$' "$WORK/head"
  $API delete-bucket-cors --bucket "$BUCKET"
  refused curl -sf -X OPTIONS -H 'Origin: https://a.example.com' -H 'Access-Control-Request-Method: PUT' "$ENDPOINT/$BUCKET/small"
}
check cross_origin cors
wrong_secret() { AWS_SECRET_ACCESS_KEY=wrong refused $S3 ls; }
check a_wrong_secret_is_refused wrong_secret
finish
