#!/usr/bin/env bash
# Stages in every language, from their templates: tests/clients/stages.sh [rust c javascript python]
#
# Each is made by the program under test, built by the real tools of its language, tried without a server, and added to the
# server as it was built elsewhere. A real client meets it. Tools come by name: cargo, clang and lld, npm, PyPI. What they
# bring, and compiled components, are kept in the target folder.
. "$(dirname "$0")/server.sh"
. "$(dirname "$0")/tools.sh"
[ -x "$BIN" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
LANGUAGES=${*:-rust c javascript python}

say() { echo "   $*"; }
fail() { echo "FAIL  $*" >&2; tail -n 20 "$WORK/server.log" "$WORK/output" >&2 2>/dev/null; exit 1; }
s3() { aws --endpoint-url "http://127.0.0.1:$PORT" "$@" >"$WORK/output" 2>&1; }

install_clients
export HOME=$WORK NO_PROXY='*' no_proxy='*' AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1
export AWS_ACCESS_KEY_ID=$ACCESS AWS_SECRET_ACCESS_KEY=$SECRET AWS_DEFAULT_REGION=us-east-1
PORT=$(free_ports 1)

for language in $LANGUAGES; do
  echo "== $language"
  begin=$SECONDS
  cd "$WORK"
  name=my-$language
  "$BIN" stage new "$name" --lang "$language" >/dev/null
  cd "$name"
  get_tools "$language"
  # Homes of tools are where they were: only clients need a fresh one.
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6) "$BIN" stage build . >"$WORK/output" 2>&1 || fail "$language does not build"
  say "built in $((SECONDS - begin)) s: $(stat -c %s "$name.wasm") bytes"
  if [ "$language" = c ]; then
    # An error of the source is no missing tool.
    cp -r . ../broken
    echo 'int broken = ;' >>../broken/stage.c
    if "$BIN" stage build ../broken >"$WORK/output" 2>&1; then fail "what is no C builds"; fi
    grep -q "clang failed" "$WORK/output" || fail "no word of the compiler"
    if grep -q apt-get "$WORK/output"; then fail "a hint to install what is there"; fi
  fi
  begin=$SECONDS
  "$BIN" stage check "$name.wasm" --cache-dir "$TOOLS/compiled" | sed 's/^/   /' || fail "stage check"
  "$BIN" stage test "$name.wasm" --cache-dir "$TOOLS/compiled" --request requests/*.toml >"$WORK/output" || fail "stage test"
  say "tried in $((SECONDS - begin)) s"

  : >"$WORK/server.log"
  (cd "$ROOT" && exec "$BIN" serve --config "$ROOT/tests/conformance.toml" --listen "127.0.0.1:$PORT" --data-dir "$WORK/data-$language" \
    --cache-dir "$TOOLS/compiled" --pipeline "$WORK/$name/manifest.toml") >>"$WORK/server.log" 2>&1 &
  SERVER=$!
  wait_until_ready "http://127.0.0.1:$PORT" "$SERVER" "$WORK/server.log"
  grep -q "an added stage was tried" "$WORK/server.log" || fail "the start did not try it"
  s3 s3api create-bucket --bucket photos || fail "create-bucket"
  for key in keep/cat.jpg dog.jpg keep/cow.jpg; do
    s3 s3api put-object --bucket photos --key "$key" || fail "put-object"
  done
  # A refusal, with the words of the stage.
  if s3 s3api delete-object --bucket photos --key keep/cat.jpg; then fail "it was deleted"; fi
  grep -q "What is under keep/ is not deleted" "$WORK/output" || fail "the refusal has other words"
  # Objects that a body names, one by one.
  s3 s3api delete-objects --bucket photos --delete 'Objects=[{Key=dog.jpg},{Key=keep/cow.jpg}]' || fail "delete-objects"
  grep -q '"Key": "keep/cow.jpg"' "$WORK/output" && grep -q AccessDenied "$WORK/output" || fail "no error for the object"
  s3 s3api head-object --bucket photos --key keep/cow.jpg || fail "it was deleted all the same"
  if s3 s3api head-object --bucket photos --key dog.jpg; then fail "it was not deleted"; fi
  # A header on a response, and a line in the log.
  curl --silent --head --noproxy '*' "http://127.0.0.1:$PORT/photos" >"$WORK/output"
  grep -qi "^x-stage: $name" "$WORK/output" || fail "no header of the stage"
  grep -q "stage=\"$name\".*kept: keep/cat.jpg" "$WORK/server.log" || fail "no line of the stage in the log"
  "$BIN" explain --data-dir "$WORK/data-$language" --latest 5 >"$WORK/output"
  grep -q "the added stage \`$name\` refused" "$WORK/output" || fail "explain does not name the stage"
  kill_server
  echo "ok    $language"
done
echo "stages: all passed"
