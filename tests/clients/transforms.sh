#!/usr/bin/env bash
# Transforms in every language, from their templates: tests/clients/transforms.sh [rust rust-streaming c go javascript python]
#
# Each is made by the program under test, built by the real tools of its language, and tried in the sandbox of the server.
. "$(dirname "$0")/server.sh"
. "$(dirname "$0")/tools.sh"
[ -x "$BIN" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
LANGUAGES=${*:-rust rust-streaming c go javascript python}

say() { echo "   $*"; }
fail() { echo "FAIL  $*" >&2; tail -n 20 "$WORK/output" >&2 2>/dev/null; exit 1; }

for language in $LANGUAGES; do
  echo "== $language"
  begin=$SECONDS
  cd "$WORK"
  name=my-$language
  flags=(--lang "${language%-streaming}")
  [ "$language" = "${language%-streaming}" ] || flags+=(--streaming)
  "$BIN" transform new "${flags[@]}" "$name" >/dev/null
  cd "$name"
  get_tools "${language%-streaming}"
  "$BIN" transform build . >"$WORK/output" 2>&1 || fail "$language does not build"
  say "built in $((SECONDS - begin)) s: $(stat -c %s "$name.wasm") bytes"
  begin=$SECONDS
  tried=("$name.wasm" --cache-dir "$TOOLS/compiled")
  "$BIN" transform check "${tried[@]}" >"$WORK/output" 2>&1 || fail "transform check"
  sed 's/^/   /' "$WORK/output"
  "$BIN" transform test "${tried[@]}" --context context.toml --input input.txt --expect expected.txt --repeat 20 \
    >"$WORK/output" 2>&1 || fail "transform test"
  sed 's/^/   /' "$WORK/output"
  "$BIN" transform test "${tried[@]}" --context secret.toml --input input.txt >"$WORK/output" 2>&1 || fail "what is secret"
  # What is not as expected is found.
  if "$BIN" transform test "${tried[@]}" --input input.txt --expect input.txt >"$WORK/output" 2>&1; then
    fail "letters are in upper case, and nobody notices"
  fi
  grep -q 'in line 1: `HELLO, WORLD` instead of `Hello, World`' "$WORK/output" || fail "no difference is shown"
  # 4 MiB, byte by byte.
  head -c 3145728 /dev/urandom | base64 -w 0 >large.txt
  LC_ALL=C tr a-z A-Z <large.txt >large-expected.txt
  "$BIN" transform test "${tried[@]}" --input large.txt --expect large-expected.txt >"$WORK/output" 2>&1 || fail "4 MiB"
  say "4 MiB:$(grep 'of the processor' "$WORK/output")"
  say "tried in $((SECONDS - begin)) s"
  echo "ok    $language"
done
echo "transforms: all passed"
