#!/usr/bin/env bash
# s3cmd: documents without a digest, ACLs, Signature Version 2 in URLs.
. "$(dirname "$0")/lib.sh" "$@"
HOST=${ENDPOINT#http://}
cat >"$WORK/s3cfg" <<CONFIG
[default]
access_key = $ACCESS
secret_key = $SECRET
host_base = $HOST
host_bucket = $HOST
use_https = False
CONFIG
S3="s3cmd --config $WORK/s3cfg --no-progress"
mkdir -p "$WORK/tree/a b"
for number in 1 2 3; do echo "$number" >"$WORK/tree/a b/ü$number+&.txt"; done
random 16000000 >"$WORK/large"

make() { $S3 mb "s3://$BUCKET"; $S3 ls | grep "$BUCKET"; }
check make_a_bucket make
tree() { $S3 sync "$WORK/tree/" "s3://$BUCKET/tree/"; $S3 sync "s3://$BUCKET/tree/" "$WORK/down/"; diff -r "$WORK/tree" "$WORK/down"; }
check a_tree_up_and_down tree
parts() { $S3 put --multipart-chunk-size-mb=5 "$WORK/large" "s3://$BUCKET/parts"; $S3 get "s3://$BUCKET/parts" "$WORK/parts"; cmp "$WORK/large" "$WORK/parts"; }
check in_parts parts
copies() { $S3 cp "s3://$BUCKET/parts" "s3://$BUCKET/copy"; $S3 mv "s3://$BUCKET/copy" "s3://$BUCKET/moved"; $S3 info "s3://$BUCKET/moved" | grep 'File size: 16000000'; refused $S3 info "s3://$BUCKET/copy"; }
check copy_and_move copies
# Its documents come without Content-MD5, which S3 takes for ACLs and policies.
acl() {
  refused curl -sf "$ENDPOINT/$BUCKET/moved"
  $S3 setacl --acl-public "s3://$BUCKET/moved"
  curl -sf "$ENDPOINT/$BUCKET/moved" | cmp - "$WORK/large"
  $S3 setacl --acl-private "s3://$BUCKET/moved"
  refused curl -sf "$ENDPOINT/$BUCKET/moved"
}
check acls acl
policy() {
  echo '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::'"$BUCKET"'/moved"}]}' >"$WORK/policy"
  $S3 setpolicy "$WORK/policy" "s3://$BUCKET"
  curl -sf "$ENDPOINT/$BUCKET/moved" | cmp - "$WORK/large"
  $S3 delpolicy "s3://$BUCKET"
  refused curl -sf "$ENDPOINT/$BUCKET/moved"
}
check policies policy
url() { curl -sf "$($S3 signurl "s3://$BUCKET/moved" +60)" | cmp - "$WORK/large"; }
check signed_url url
remove() { $S3 del --recursive --force "s3://$BUCKET"; $S3 rb "s3://$BUCKET"; }
check remove_everything remove
finish
