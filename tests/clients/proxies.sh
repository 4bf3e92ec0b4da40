#!/usr/bin/env bash
# nginx, Caddy and HAProxy of the distribution in front of a server, as docs/operate/deploy.md configures them. The checks
# are in proxies_checks.py. nginx passes PROXY_UPLOAD_MIB on in one request, and again in parts: 5120 takes two minutes.
. "$(dirname "$0")/lib.sh" "$@"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
missing=()
for program in nginx caddy haproxy openssl; do [ -x "$(PATH=$PATH:/usr/sbin command -v $program)" ] || missing+=("$program"); done
if [ ${#missing[@]} -gt 0 ]; then
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi
export PATH=$PATH:/usr/sbin PAGE=$HERE/../../docs/operate/deploy.md PROXY_UPLOAD_MIB=${PROXY_UPLOAD_MIB:-1024}
failed=0
for proxy in nginx caddy haproxy; do
  timeout --kill-after=5 900 python3 "$HERE/proxies_checks.py" "$proxy" "$PROGRAM" "$CACHE" "$WORK/$proxy" || failed=1
done
if command -v systemd-analyze >/dev/null; then
  check the_unit_file_can_be_read python3 "$HERE/proxies_checks.py" unit "$PROGRAM" "$CACHE" "$WORK/unit"
  finish || failed=1
fi
exit "$failed"
