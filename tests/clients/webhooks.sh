#!/usr/bin/env bash
# Functions written for AWS Object Lambda and for MinIO's, behind a server that the checks start themselves.
. "$(dirname "$0")/lib.sh" "$@"
# The hosts of WriteGetObjectResponse are below the name of the server.
export PYTHONPATH=$HERE/names
timeout --kill-after=5 300 python3 "$HERE/webhooks.py" "$PROGRAM" "$CACHE" "$WORK/webhooks"
