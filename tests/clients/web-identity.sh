#!/usr/bin/env bash
# boto3 with a token in a file, as workloads have it. The checks are in web_identity_checks.py.
. "$(dirname "$0")/lib.sh" "$@"
timeout --kill-after=5 120 python3 "$HERE/web_identity_checks.py" "$ENDPOINT" "$BUCKET" "$HERE/../it/web_identity/rsa-key.pem"
