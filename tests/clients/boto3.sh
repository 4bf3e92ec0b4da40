#!/usr/bin/env bash
# boto3: what programs do. The checks are in boto3_checks.py.
. "$(dirname "$0")/lib.sh" "$@"
timeout --kill-after=5 600 python3 "$HERE/boto3_checks.py" "$ENDPOINT" "$BUCKET"
