#!/usr/bin/env bash
# The AWS SDK for JavaScript: streams, trailing checksums, parallel parts. The checks are in aws-sdk-js.mjs.
. "$(dirname "$0")/lib.sh" "$@"
# Node finds modules beside the script, or not at all.
cp "$HERE/aws-sdk-js.mjs" "$MODULES/checks.mjs"
export NODE_NO_WARNINGS=1
timeout --kill-after=5 600 node "$MODULES/checks.mjs" "$ENDPOINT" "$BUCKET"
