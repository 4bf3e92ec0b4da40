#!/usr/bin/env bash
# The snippets of docs/clients.md, in their order, against a server that nobody configured: documented.sh ENDPOINT ACCESS SECRET
#
# A fenced block of sh, python, js or ruby is run; another one is written to the file that its first line names.
. "$(dirname "$0")/lib.sh" "$@"
unset AWS_CONFIG_FILE AWS_MAX_ATTEMPTS
PAGE=$HERE/../../docs/clients.md
cd "$WORK"
python3 - "$PAGE" "$ENDPOINT" >blocks <<'END'
import pathlib, re, sys
page, endpoint = pathlib.Path(sys.argv[1]).read_text(), sys.argv[2]
page = page.replace("http://127.0.0.1:9000", endpoint).replace("127.0.0.1:9000", endpoint.removeprefix("http://"))
section, count = "", 0
for heading, kind, body in re.findall(r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```$", page, re.M | re.S):
    if heading:
        section = re.sub(r"\W+", "_", heading.lower())
    elif kind in ("sh", "python", "js", "ruby"):
        count += 1
        name = f"{count:02}-{section}"
        pathlib.Path(name).write_text(body)
        print(kind, name)
    else:
        pathlib.Path(body.split("\n", 1)[0].split(",")[0].lstrip("# ")).write_text(body)
END
[ "$(wc -l <blocks)" -ge 12 ] || { echo "docs/clients.md has lost its snippets"; exit 1; }

# As INSTALL would, which fetches it from elsewhere.
"$DATA_TOOLS/bin/python" - <<'END'
import importlib.util, pathlib, shutil, duckdb
platform = duckdb.sql("PRAGMA platform").fetchone()[0]
package = pathlib.Path(importlib.util.find_spec("duckdb_extension_httpfs").origin).parent
for file in package.glob("extensions/*/*.duckdb_extension"):
    folder = pathlib.Path.home() / ".duckdb/extensions" / file.parent.name / platform
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
END

in_python() { "$DATA_TOOLS/bin/python" "$1"; }
# Node finds modules beside the script, or not at all.
in_js() { cp "$1" "$MODULES/documented.mjs"; NODE_NO_WARNINGS=1 node "$MODULES/documented.mjs"; }
in_sh() { bash -euo pipefail "$1"; }
in_ruby() { ruby "$1"; }
while read -r kind name; do check "${name#*-}" "in_$kind" "$name"; done <blocks
# Version 2, as the distribution has it.
version_2() { PATH=/usr/bin:/bin in_sh "$1"; }
/usr/bin/aws --version | grep -q '^aws-cli/2' && {
  sed 's/s3:\/\/cli/s3:\/\/cli-2/; s/--bucket cli/--bucket cli-2/' "$(sed -n 's/^sh \(.*-aws_cli\)$/\1/p' blocks | head -n 1)" >version-2
  check aws_cli_version_2 version_2 version-2
}
finish
