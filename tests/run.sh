#!/usr/bin/env bash
# Everything that must hold, in the order of what is cheap to find out: bash tests/run.sh [STEP...]
#
# Steps: format lint build unit it crash clients stages transforms gallery sync fuzz. Without arguments all but fuzz, which needs the nightly toolchain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
STEPS=("$@")
[ ${#STEPS[@]} -gt 0 ] || STEPS=(format lint build unit it crash clients stages transforms gallery sync)

# Everything is built once, with the features of the whole workspace: `-p`, `--exclude` and a build without its tests select
# other features of shared crates, and each costs another build of wasmtime. The program under test comes with its tests.
step_format() {
  cargo fmt --all -- --check
  cargo fmt --manifest-path tests/stages/Cargo.toml --all -- --check
  cargo fmt --manifest-path tests/transforms/Cargo.toml --all -- --check
  cargo fmt --manifest-path examples/transforms/Cargo.toml --all -- --check
}
step_lint() { cargo clippy --workspace --all-targets --release --locked -- -D warnings; }
step_build() { cargo test --workspace --release --locked --no-run; }
step_unit() {
  local file targets=(--lib --bins)
  for file in {gateway,gateway/policy-language,gateway/component,components/*,host,host/volume}/tests/*; do
    # A folder without a main.rs holds what tests read.
    case $file in *.rs) ;; *) [ -e "$file/main.rs" ] || continue ;; esac
    [ -e "$file" ] && targets+=(--test "$(basename "$file" .rs)")
  done
  cargo test --workspace --release --locked "${targets[@]}"
  cargo test --workspace --release --locked --doc
}
step_it() { cargo test --workspace --release --locked --test it -- --skip crash::; }
step_crash() { cargo test --workspace --release --locked --test it -- crash::; }
step_clients() { bash tests/clients/run.sh; }
step_stages() { bash tests/clients/stages.sh; }
step_transforms() { bash tests/clients/transforms.sh; }
step_gallery() { bash tests/clients/gallery.sh; }
step_sync() { bash tests/clients/sync.sh; }
# Coverage-guided, some seconds each: `cargo install cargo-fuzz` first.
step_fuzz() {
  local file
  for file in tests/fuzz/fuzz_targets/*.rs; do
    cargo +nightly fuzz run "$(basename "$file" .rs)" --fuzz-dir tests/fuzz -- -max_total_time="${FUZZ_SECONDS:-20}"
  done
}

# What rust-toolchain.toml names is installed where it is missing, targets included: some installations of rustup wait to be told.
if command -v rustup >/dev/null; then
  case $(rustup target list --installed) in
    *wasm32-unknown-unknown*wasm32-wasip2*) ;;
    *) rustup toolchain install ;;
  esac
fi
started=$SECONDS
for step in "${STEPS[@]}"; do
  echo "==> $step"
  begin=$SECONDS
  "step_$step"
  echo "==> $step: ok, $((SECONDS - begin)) s"
done
echo "all steps passed in $((SECONDS - started)) s: ${STEPS[*]}"
