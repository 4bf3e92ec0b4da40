# Sourced by stages.sh and transforms.sh, after server.sh: the tools of languages that make components. They come by name
# (cargo, clang and lld, npm, PyPI), and are kept in the target folder, as compiled components are.
TOOLS=$TARGET/stage-tools
mkdir -p "$TOOLS"
# What cargo builds here is built once: bindings take longer than what uses them. host/tests/transforms.rs builds here, too.
export CARGO_TARGET_DIR=$TARGET/transforms

# The tools of a language, for the stage or the transform in the current folder.
get_tools() {
  local missing=() program as_root=
  case $1 in
    c)
      for program in clang wasm-ld; do command -v "$program" >/dev/null || missing=(clang lld); done
      if [ ${#missing[@]} -gt 0 ]; then
        [ "$(id -u)" = 0 ] || as_root=sudo
        $as_root apt-get update -qq
        $as_root apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
      fi
      ;;
    javascript)
      if ! cmp -s package.json "$TOOLS/package.json"; then
        cp package.json "$TOOLS/"
        (cd "$TOOLS" && sed -i 's/"name": ".*"/"name": "tools"/' package.json && npm install --silent --no-audit --no-fund)
        cp package.json "$TOOLS/"
      fi
      ln -s "$TOOLS/node_modules" node_modules
      ;;
    go)
      # A Go of the system will do.
      if ! command -v go >/dev/null; then
        if ! cmp -s requirements.txt "$TOOLS/go-requirements.txt"; then
          python3 -m venv "$TOOLS/go-venv"
          "$TOOLS/go-venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
          cp requirements.txt "$TOOLS/go-requirements.txt"
        fi
        ln -s "$TOOLS/go-venv" .venv
      fi
      ;;
    rust) rustup target add wasm32-wasip2 >/dev/null 2>&1 || true ;;
    python)
      if ! cmp -s requirements.txt "$TOOLS/requirements.txt"; then
        python3 -m venv "$TOOLS/venv"
        "$TOOLS/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
        cp requirements.txt "$TOOLS/"
      fi
      ln -s "$TOOLS/venv" .venv
      ;;
  esac
}
