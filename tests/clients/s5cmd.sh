#!/usr/bin/env bash
# s5cmd: many requests at once, wildcards.
. "$(dirname "$0")/lib.sh" "$@"
S5="s5cmd --endpoint-url $ENDPOINT --retry-count 1"
mkdir -p "$WORK/tree/x"
for number in $(seq 50); do echo "$number" >"$WORK/tree/x/$number.txt"; done
random 16000000 >"$WORK/tree/large"; echo s >"$WORK/tree/sp ace.txt"

make() { $S5 mb "s3://$BUCKET"; $S5 ls | grep "$BUCKET"; }
check make_a_bucket make
tree() { $S5 cp "$WORK/tree/" "s3://$BUCKET/tree/"; $S5 cp "s3://$BUCKET/tree/*" "$WORK/down/"; diff -r "$WORK/tree" "$WORK/down"; }
check a_tree_up_and_down tree
parts() { $S5 cp --part-size 5 --concurrency 4 "$WORK/tree/large" "s3://$BUCKET/parts"; $S5 cat "s3://$BUCKET/parts" | cmp - "$WORK/tree/large"; }
check in_parts parts
move() { $S5 mv "s3://$BUCKET/parts" "s3://$BUCKET/moved"; refused $S5 head "s3://$BUCKET/parts"; $S5 cat "s3://$BUCKET/moved" | cmp - "$WORK/tree/large"; }
check move move
wildcard() { [ "$($S5 ls "s3://$BUCKET/tree/x/1*" | wc -l)" = 11 ]; }
check wildcards wildcard
sync() { [ -z "$($S5 sync "$WORK/tree/" "s3://$BUCKET/tree/")" ]; rm "$WORK/tree/x/1.txt"; $S5 sync --delete "$WORK/tree/" "s3://$BUCKET/tree/"; [ "$($S5 ls "s3://$BUCKET/tree/*" | grep -vc DIR)" = 51 ]; }
check sync sync
pipe() { echo through | $S5 pipe "s3://$BUCKET/piped"; [ "$($S5 cat "s3://$BUCKET/piped")" = through ]; }
check pipe pipe
presign() { [ "$(curl -sf "$($S5 presign --expire 1m "s3://$BUCKET/piped")")" = through ]; }
check presign presign
remove() { $S5 rm "s3://$BUCKET/*"; $S5 rb "s3://$BUCKET"; }
check remove_everything remove
finish
