#!/usr/bin/env bash
# Libraries that data tools are built on: MinIO's client, and the object_store crate by its Python binding.
. "$(dirname "$0")/lib.sh" "$@"
timeout --kill-after=5 600 python3 "$HERE/library_checks.py" "$ENDPOINT" "$BUCKET"
