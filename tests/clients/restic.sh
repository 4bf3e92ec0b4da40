#!/usr/bin/env bash
# restic: a backup is made, read in full, restored, thinned and read again.
. "$(dirname "$0")/lib.sh" "$@"
export RESTIC_PASSWORD=open RESTIC_REPOSITORY=s3:$ENDPOINT/$BUCKET/backups RESTIC_CACHE_DIR=$WORK/cache
RESTIC="restic -q -o s3.bucket-lookup=path -o s3.region=$REGION"
mkdir -p "$WORK/files/x"
for number in $(seq 200); do random $((number * 111)) >"$WORK/files/x/$number"; done
random 25000000 >"$WORK/files/large"

check init $RESTIC init
check backup $RESTIC backup "$WORK/files"
check read_everything $RESTIC check --read-data
restore() { $RESTIC restore latest --target "$WORK/restored"; diff -r "$WORK/files" "$WORK/restored$WORK/files"; }
check restore restore
second() { echo new >"$WORK/files/new"; rm "$WORK/files/x/7"; $RESTIC backup "$WORK/files"; $RESTIC restore latest --target "$WORK/second"; diff -r "$WORK/files" "$WORK/second$WORK/files"; }
check second_snapshot second
two() { mkdir "$WORK/one" "$WORK/two"; random 5000000 >"$WORK/one/a"; random 5000000 >"$WORK/two/a"; $RESTIC backup "$WORK/one" & $RESTIC backup "$WORK/two"; wait $!; }
check two_at_once two
check forget_and_prune $RESTIC forget --keep-last 1 --group-by paths --prune
check read_everything_again $RESTIC check --read-data
locks() { [ -z "$($RESTIC list locks)" ]; }
check no_lock_is_left locks
finish
