#!/usr/bin/env bash
# IAM and STS through boto3: make, use, revoke. The checks are in iam_checks.py.
. "$(dirname "$0")/lib.sh" "$@"
timeout --kill-after=5 600 python3 "$HERE/iam_checks.py" "$ENDPOINT" "$ACCESS" "$SECRET"
