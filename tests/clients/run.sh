#!/usr/bin/env bash
# Real clients against the release binary: tests/clients/run.sh [awscli policies iam boto3 access-points webhooks object-lambda functions browser web-identity libraries rclone s3cmd s5cmd restic aws-sdk-js proxies defaults documented prometheus]
. "$(dirname "$0")/server.sh"
[ -x "$BIN" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
install_clients
start_server
failed=()
for client in "${@:-awscli policies iam boto3 access-points webhooks object-lambda functions browser web-identity libraries rclone s3cmd s5cmd restic aws-sdk-js proxies defaults documented prometheus}"; do
  for name in $client; do
    echo "== $name"
    server=("$ENDPOINT" "$ACCESS" "$SECRET")
    if [ "$name" = defaults ] || [ "$name" = documented ]; then
      # On a server that nobody configured.
      [ -n "$PLAIN" ] || start_plain_server
      server=("$PLAIN_ENDPOINT" "$PLAIN_ACCESS" "$PLAIN_SECRET")
    fi
    bash "$CLIENTS/$name.sh" "${server[@]}" || failed+=("$name")
  done
done
for endpoint in "$ENDPOINT" ${PLAIN_ENDPOINT:+"$PLAIN_ENDPOINT"}; do
  traps=$(curl --silent --noproxy '*' "$endpoint/metrics" | awk '$1 == "portcullis_instances_replaced_total" { print $2 }')
  if [ "$traps" != 0 ]; then
    echo "a stage trapped, or nobody counts: '$traps'"
    failed+=(pipeline)
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "clients: failed: ${failed[*]}; the server's log ends:"
  tail -n 20 "$WORK/server.log"
  exit 1
fi
echo "clients: all passed"
