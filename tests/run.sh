#!/usr/bin/env bash
# Everything that must hold, in the order of what is cheap to find out: bash tests/run.sh [STEP...]
#
# Steps: format lint build unit it crash clients sync fuzz. Without arguments all but fuzz, which needs the nightly toolchain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
STEPS=("$@")
[ ${#STEPS[@]} -gt 0 ] || STEPS=(format lint build unit it crash clients sync)

step_format() { cargo fmt --all -- --check; }
step_lint() { cargo clippy --workspace --all-targets --release --locked -- -D warnings; }
step_build() { cargo build --release --locked; }
step_unit() { cargo test --workspace --exclude tests --release --locked; }
step_it() { cargo test -p tests --release --locked -- --skip crash::; }
step_crash() { cargo test -p tests --release --locked --test it -- crash::; }
step_clients() { bash tests/clients/run.sh; }
step_sync() { bash tests/clients/sync.sh; }
# Coverage-guided, some seconds each: `cargo install cargo-fuzz` first.
step_fuzz() {
  for target in request_head authorization_header aws_chunked xml_body query_string; do
    cargo +nightly fuzz run "$target" --fuzz-dir tests/fuzz -- -max_total_time="${FUZZ_SECONDS:-20}"
  done
}

# rustup reads rust-toolchain.toml and installs what is missing there, targets included.
if command -v rustup >/dev/null; then rustup show active-toolchain >/dev/null; fi
started=$SECONDS
for step in "${STEPS[@]}"; do
  echo "==> $step"
  begin=$SECONDS
  "step_$step"
  echo "==> $step: ok, $((SECONDS - begin)) s"
done
echo "all steps passed in $((SECONDS - started)) s: ${STEPS[*]}"
