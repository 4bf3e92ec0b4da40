#!/usr/bin/env bash
# A directory tree goes up, comes down, and must compare equal, while the server is killed and restarted twice during each
# upload: tests/clients/sync.sh [TREE [SECONDS [SECONDS]]]
#
# TREE is by default a made one of 3,000 files; give the toolchain's documentation for a real one of tens of thousands:
#   tests/clients/sync.sh "$(rustc --print sysroot)/share/doc/rust/html" 20 60
# SECONDS are the times of the two kills, counted from the start of the upload.
. "$(dirname "$0")/server.sh"
TREE=${1:-} FIRST=${2:-4} SECOND=${3:-9}
UPLOAD_SECONDS_MAX=${UPLOAD_SECONDS_MAX:-600} # for one attempt
[ -x "$BIN" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
install_clients
export HOME=$WORK NO_PROXY='*' no_proxy='*' AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=$WORK/aws-config
export AWS_ACCESS_KEY_ID=$ACCESS AWS_SECRET_ACCESS_KEY=$SECRET AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=3
printf '[default]\ns3 =\n  addressing_style = path\n  max_concurrent_requests = 20\n' >"$AWS_CONFIG_FILE"

make_tree() {
  python3 - "$1" <<'PYTHON'
import os, random, sys
draw = random.Random(2)
for number in range(3000):
    folder = os.path.join(sys.argv[1], "part %d" % (number % 17), "ü" * (number % 3) + "x", str(number % 29))
    os.makedirs(folder, exist_ok=True)
    length = draw.choice([0, 100, 3000, 3000, 20000, 20000, 90000]) if number % 500 else 9_000_000
    with open(os.path.join(folder, "file-%d+&.html" % number), "wb") as file:
        file.write(draw.randbytes(length))
PYTHON
}
if [ -z "$TREE" ]; then
  TREE=$WORK/tree
  make_tree "$TREE"
fi

# Runs a client until it succeeds; the server dies twice meanwhile.
upload() { # NAME command...
  local name=$1 started=$SECONDS status=1 client
  shift
  (for _ in $(seq 40); do timeout "$UPLOAD_SECONDS_MAX" "$@" >"$WORK/$name.log" 2>&1 && exit 0; sleep 1; done; exit 1) &
  client=$!
  for moment in "$FIRST" "$SECOND"; do
    sleep $((started + moment > SECONDS ? started + moment - SECONDS : 0))
    if ! kill -0 "$client" 2>/dev/null; then echo "$name: it was done before the kill at $moment s"; fi
    kill_server
    start_server
  done
  wait "$client" && status=0
  if [ $status != 0 ]; then tail -n 5 "$WORK/$name.log"; exit 1; fi
  echo "$name: up after $((SECONDS - started)) s, with two kills"
}

compare() { # NAME folder
  diff -r "$TREE" "$2" >"$WORK/difference" || { head "$WORK/difference"; echo "$1: the tree came back different"; exit 1; }
  echo "$1: $(find "$2" -type f | wc -l) files, $(du -sm "$2" | cut -f1) MB, equal"
  rm -rf "$2"
}

start_server
aws="aws --endpoint-url $ENDPOINT s3"
$aws mb s3://tree-aws >/dev/null
upload aws $aws sync --only-show-errors --no-follow-symlinks "$TREE" s3://tree-aws/t
$aws sync --only-show-errors s3://tree-aws/t "$WORK/down-aws"
compare aws "$WORK/down-aws"

export RCLONE_CONFIG=$WORK/rclone.conf RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other RCLONE_CONFIG_S_ENDPOINT=$ENDPOINT
export RCLONE_CONFIG_S_ACCESS_KEY_ID=$ACCESS RCLONE_CONFIG_S_SECRET_ACCESS_KEY=$SECRET RCLONE_CONFIG_S_REGION=us-east-1
export RCLONE_CONFIG_S_FORCE_PATH_STYLE=true RCLONE_S3_UPLOAD_CUTOFF=6M
: >"$RCLONE_CONFIG"
rclone mkdir s:tree-rclone
upload rclone rclone sync --transfers 16 --checkers 16 "$TREE" s:tree-rclone/t
rclone copy --transfers 16 s:tree-rclone/t "$WORK/down-rclone"
compare rclone "$WORK/down-rclone"

kill_server
(cd "$ROOT" && "$BIN" check --data-dir "$WORK/data")
echo "sync: both trees are equal"
