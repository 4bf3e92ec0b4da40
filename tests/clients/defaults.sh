#!/usr/bin/env bash
# A server that nobody configured, and clients with the defaults that they come with: credentials, a region, an endpoint, and
# nothing else is said. Whatever any of them does on its first day works.
. "$(dirname "$0")/lib.sh" "$@"
HOST=${ENDPOINT#http://}
# What the start prints is what a client gets.
unset AWS_CONFIG_FILE AWS_REGION AWS_MAX_ATTEMPTS
export AWS_ENDPOINT_URL=$ENDPOINT SECONDS_MAX=90
mkdir -p "$WORK/tree/a b/c"
for number in 1 2 3; do echo "$number" >"$WORK/tree/a b/$number+ü.txt"; done
random 20000000 >"$WORK/tree/large"; : >"$WORK/tree/a b/c/empty"

aws_objects() {
  aws s3 mb "s3://$BUCKET"
  aws s3 sync "$WORK/tree" "s3://$BUCKET/tree"
  aws s3 cp "s3://$BUCKET/tree/large" "s3://$BUCKET/copied"
  aws s3 mv "s3://$BUCKET/copied" "s3://$BUCKET/moved"
  [ "$(aws s3 ls --recursive "s3://$BUCKET" | wc -l)" = 6 ]
  aws s3 sync "s3://$BUCKET/tree" "$WORK/aws"
  diff -r "$WORK/tree" "$WORK/aws"
}
check aws_objects aws_objects
aws_presign() { curl -sf "$(aws s3 presign "s3://$BUCKET/moved")" | cmp - "$WORK/tree/large"; }
check aws_presign aws_presign
aws_delete() { aws s3 rm --recursive "s3://$BUCKET"; aws s3 rb "s3://$BUCKET"; refused aws s3api head-bucket --bucket "$BUCKET"; }
check aws_delete aws_delete

# Debian's sends `x-amz-acl: private` with everything, the newest does not.
export RCLONE_CONFIG=$WORK/rclone.conf
cat >"$RCLONE_CONFIG" <<CONFIG
[s]
type = s3
provider = Other
endpoint = $ENDPOINT
access_key_id = $ACCESS
secret_access_key = $SECRET
CONFIG
rclone_tree() {
  "$1" mkdir "s:$BUCKET"
  "$1" sync "$WORK/tree" "s:$BUCKET/tree"
  "$1" check --download "$WORK/tree" "s:$BUCKET/tree"
  "$1" copy "s:$BUCKET/tree" "s:$BUCKET/copy"
  "$1" check "$WORK/tree" "s:$BUCKET/copy"
  "$1" cat "s:$BUCKET/tree/large" | cmp - "$WORK/tree/large"
  curl -sf "$("$1" link "s:$BUCKET/tree/large")" | cmp - "$WORK/tree/large"
  "$1" purge "s:$BUCKET"
}
check rclone_of_debian rclone_tree "$(PATH=/usr/local/bin:/usr/bin:/bin command -v rclone)"
check rclone_newest rclone_tree "$NEWEST/bin/rclone"
# A bucket that somebody else made has no ACLs.
rclone_elsewhere() { aws s3 mb "s3://$BUCKET-plain"; "$1" copy "$WORK/tree" "s:$BUCKET-plain"; "$1" check "$WORK/tree" "s:$BUCKET-plain"; aws s3 rb --force "s3://$BUCKET-plain"; }
check rclone_of_debian_in_a_bucket_of_others rclone_elsewhere "$(PATH=/usr/local/bin:/usr/bin:/bin command -v rclone)"

printf '[default]\naccess_key = %s\nsecret_key = %s\nhost_base = %s\nhost_bucket = %s\nuse_https = False\n' "$ACCESS" "$SECRET" "$HOST" "$HOST" >"$WORK/s3cfg"
S3CMD="s3cmd --config $WORK/s3cfg --no-progress"
s3cmd_tree() {
  $S3CMD mb "s3://$BUCKET-s3cmd"
  $S3CMD sync "$WORK/tree/" "s3://$BUCKET-s3cmd/tree/"
  $S3CMD info "s3://$BUCKET-s3cmd"
  $S3CMD info "s3://$BUCKET-s3cmd/tree/large" | grep 'File size: 20000000'
  $S3CMD sync "s3://$BUCKET-s3cmd/tree/" "$WORK/s3cmd/"
  diff -r "$WORK/tree" "$WORK/s3cmd"
  curl -sf "$($S3CMD signurl "s3://$BUCKET-s3cmd/tree/large" +60)" | cmp - "$WORK/tree/large"
  $S3CMD del --recursive --force "s3://$BUCKET-s3cmd"
  $S3CMD rb "s3://$BUCKET-s3cmd"
}
check s3cmd s3cmd_tree

export RESTIC_PASSWORD=open RESTIC_REPOSITORY=s3:$ENDPOINT/$BUCKET-restic RESTIC_CACHE_DIR=$WORK/cache
restic_backup() { restic -q init; restic -q backup "$WORK/tree"; restic -q check --read-data; restic -q restore latest --target "$WORK/restic"; diff -r "$WORK/tree" "$WORK/restic$WORK/tree"; }
check restic restic_backup

check boto3 python3 "$HERE/defaults_checks.py" "$BUCKET-boto3"
# Node finds modules beside the script, or not at all. The SDK wants a region, by its own name.
javascript() { cp "$HERE/defaults.mjs" "$MODULES/defaults.mjs"; AWS_REGION=$AWS_DEFAULT_REGION NODE_NO_WARNINGS=1 node "$MODULES/defaults.mjs" "$BUCKET-js"; }
command -v node >/dev/null && check aws_sdk_js javascript
finish
