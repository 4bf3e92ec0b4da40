#!/usr/bin/env bash
# rclone: trees up and down, compared; server-side copies; many small files.
. "$(dirname "$0")/lib.sh" "$@"
export RCLONE_CONFIG=$WORK/rclone.conf RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other RCLONE_CONFIG_S_ENDPOINT=$ENDPOINT
export RCLONE_CONFIG_S_ACCESS_KEY_ID=$ACCESS RCLONE_CONFIG_S_SECRET_ACCESS_KEY=$SECRET RCLONE_CONFIG_S_REGION=$REGION
export RCLONE_CONFIG_S_FORCE_PATH_STYLE=true RCLONE_S3_UPLOAD_CUTOFF=6M RCLONE_S3_CHUNK_SIZE=5M RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=2
: >"$RCLONE_CONFIG"
mkdir -p "$WORK/tree/x/y" "$WORK/many"
for number in $(seq 40); do echo "$number" >"$WORK/tree/x/$number"; done
random 17000000 >"$WORK/tree/large"; random 200000 >"$WORK/tree/x/y/middle"; : >"$WORK/tree/empty"; echo s >"$WORK/tree/sp ace+ü&%.txt"
for number in $(seq 1100); do echo "$number" >"$WORK/many/$number"; done

make() { rclone mkdir "s:$BUCKET"; rclone lsd s: | grep "$BUCKET"; }
check make_a_bucket make
up() { rclone copy "$WORK/tree" "s:$BUCKET/tree"; rclone check --download "$WORK/tree" "s:$BUCKET/tree"; }
check copy_up_and_compare up
down() { rclone copy "s:$BUCKET/tree" "$WORK/down"; diff -r "$WORK/tree" "$WORK/down"; }
check copy_down down
again() { rclone sync -v "$WORK/tree" "s:$BUCKET/tree" >"$WORK/log" 2>&1; refused grep -q 'Copied (' "$WORK/log"; }
check sync_again_does_nothing again
change() { rm "$WORK/tree/x/1"; echo longer than before >"$WORK/tree/x/2"; rclone sync "$WORK/tree" "s:$BUCKET/tree"; rclone check "$WORK/tree" "s:$BUCKET/tree"; }
check sync_changes change
copy() { rclone copy "s:$BUCKET/tree" "s:$BUCKET/copy"; rclone check --download "s:$BUCKET/tree" "s:$BUCKET/copy"; }
check copy_on_the_server copy
stream() { rclone rcat --streaming-upload-cutoff 1M "s:$BUCKET/stream" <"$WORK/tree/large"; rclone cat "s:$BUCKET/stream" | cmp - "$WORK/tree/large"; }
check stream_up stream
range() { rclone cat --offset 1000 --count 50 "s:$BUCKET/tree/large" | cmp - <(tail -c +1001 "$WORK/tree/large" | head -c 50); }
check read_a_range range
many() { rclone copy --transfers 16 "$WORK/many" "s:$BUCKET/many"; [ "$(rclone lsf "s:$BUCKET/many" | wc -l)" = 1100 ]; rclone delete --transfers 16 "s:$BUCKET/many"; [ -z "$(rclone lsf "s:$BUCKET/many")" ]; }
check more_than_one_page many
modified() { touch -d 2001-02-03T04:05:06Z "$WORK/tree/empty"; rclone sync "$WORK/tree" "s:$BUCKET/tree"; rclone lsjson "s:$BUCKET/tree/empty" | grep 2001-02-03T04:05:06; }
check modification_times modified
purge() { rclone purge "s:$BUCKET"; refused rclone lsf "s:$BUCKET"; }
check purge purge
finish
