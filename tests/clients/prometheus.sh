#!/usr/bin/env bash
# A real Prometheus with the rules and the dashboard of docs/operate. The checks are in prometheus_checks.py.
. "$(dirname "$0")/lib.sh" "$@"
ROOT=$(cd "$HERE/../.." && pwd)
check "promtool accepts the scrape" bash -o pipefail -c "curl --silent --fail --noproxy '*' '$ENDPOINT/metrics' | promtool check metrics"
check "promtool accepts the rules" promtool check rules "$ROOT/docs/operate/alerts.yml"
finish
timeout --kill-after=5 180 python3 "$HERE/prometheus_checks.py" "$ROOT" "$PROGRAM" "$WORK" || FAILED=$((FAILED + 1))
[ "$FAILED" = 0 ]
