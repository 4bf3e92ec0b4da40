#!/usr/bin/env bash
# The calls of Terraform's AWS provider for functions and access points, made by boto3 in its order.
export BUILDER=$HOME # cargo is found there
. "$(dirname "$0")/lib.sh" "$@"
# The names that SDKs make of accounts are below the name of the server.
NAMED=http://localhost:${ENDPOINT##*:}
export PYTHONPATH=$HERE/names
ROOT=$(cd "$HERE/../.." && pwd)
BUILT=${CARGO_TARGET_DIR:-$ROOT/target}/transforms

build() {
  cd "$ROOT/tests/transforms"
  HOME=$BUILDER cargo build --quiet --locked --release --target wasm32-wasip2 --target-dir "$BUILT" -p streaming
  cp "$BUILT/wasm32-wasip2/release/streaming.wasm" "$WORK/transform.wasm"
}
check build_a_component build
timeout --kill-after=5 120 python3 "$HERE/terraform_checks.py" "$NAMED" "$WORK/transform.wasm" "$BUCKET" || FAILED=$((FAILED + 1))
finish
