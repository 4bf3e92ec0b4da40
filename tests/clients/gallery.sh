#!/usr/bin/env bash
# The transforms of examples/transforms: tests/clients/gallery.sh [image watermark redact csv-view decompress markdown json-schema scan]
#
# Each is built by `portcullis transform build` and tried by `portcullis transform test`, in the sandbox of the server: on
# what it is made for, and on what somebody sends who means harm. A case is tests/CASE.toml in the folder, with CASE.in and
# CASE.out beside it, or made by gallery.py.
. "$(dirname "$0")/server.sh"
. "$(dirname "$0")/tools.sh"
[ -x "$BIN" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
GALLERY=$ROOT/examples/transforms
EXAMPLES=${*:-image watermark redact csv-view decompress markdown json-schema scan}

fail() { echo "FAIL  $*" >&2; tail -n 20 "$WORK/output" >&2 2>/dev/null; exit 1; }

get_tools rust
python3 "$CLIENTS/gallery.py" make "$WORK/cases"
PORT=$(free_ports 1)
python3 "$CLIENTS/gallery.py" scanner "$PORT" &
SERVER=$!

try() { # NAME CASE
  local name=$1 case=$2 made=$WORK/cases/$1/$2 flags=()
  mkdir -p "$WORK/cases/$name"
  sed "s/PORT/$PORT/" "$GALLERY/$name/tests/$case.toml" >"$made.toml"
  for end in in out; do
    [ ! -e "$GALLERY/$name/tests/$case.$end" ] || cp "$GALLERY/$name/tests/$case.$end" "$made.$end"
  done
  [ ! -e "$made.in" ] || flags+=(--input "$made.in")
  [ ! -e "$made.out" ] || flags+=(--expect "$made.out")
  [ "$name" != scan ] || flags+=(--grant "http=127.0.0.1:$PORT")
  "$BIN" transform test "$GALLERY/$name/$name.wasm" --cache-dir "$TOOLS/compiled" --context "$made.toml" --output "$made.made" \
    "${flags[@]}" >"$WORK/output" 2>&1 || fail "$name: $case"
  echo "   $case:$(grep 'of the processor' "$WORK/output" | tail -n 1)"
}

for name in $EXAMPLES; do
  echo "== $name"
  begin=$SECONDS
  "$BIN" transform build "$GALLERY/$name" >"$WORK/output" 2>&1 || fail "$name does not build"
  echo "   built in $((SECONDS - begin)) s: $(stat -c %s "$GALLERY/$name/$name.wasm") bytes"
  for case in "$GALLERY/$name"/tests/*.toml; do try "$name" "$(basename "$case" .toml)"; done
  python3 "$CLIENTS/gallery.py" check "$WORK/cases"
  echo "ok    $name"
done
echo "gallery: all passed"
