# Sourced by every client script: NAME.sh ENDPOINT ACCESS_KEY_ID SECRET_ACCESS_KEY
#
# `check NAME command...` runs one check in a shell of its own that stops at the first failing command; a check may be a
# function. A pipe must not end with `grep -q`: it leaves early, and the client's broken pipe is a failure. `finish` prints the totals and ends with status 1 when a check failed.
set -uo pipefail
set -a # what a script defines, its checks see
ENDPOINT=$1 ACCESS=$2 SECRET=$3
REGION=us-east-1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
BUCKET=client-$$-$RANDOM
PASSED=0 FAILED=0
SECONDS_MAX=${SECONDS_MAX:-180}

# No client finds a configuration, a proxy or a cache of the machine it runs on.
OWN_HOME=$HOME
export HOME=$WORK NO_PROXY='*' no_proxy='*'
export AWS_ACCESS_KEY_ID=$ACCESS AWS_SECRET_ACCESS_KEY=$SECRET AWS_DEFAULT_REGION=$REGION AWS_REGION=$REGION
export AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=2 AWS_CONFIG_FILE=$WORK/aws-config
# A presigned URL of the AWS CLI is signed with version 2 unless told otherwise.
printf '[default]\ns3 =\n  addressing_style = path\n  signature_version = s3v4\n' >"$AWS_CONFIG_FILE"
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE HTTP_PROXY HTTPS_PROXY http_proxy https_proxy

random() { head -c "$1" /dev/urandom; }

refused() { if "$@" >/dev/null 2>&1; then echo "should have failed: $*"; return 1; fi; }

check() {
  local name=$1 status=0
  shift
  timeout --kill-after=5 "$SECONDS_MAX" bash -euo pipefail -c '"$@"' _ "$@" >"$WORK/output" 2>&1 </dev/null || status=$?
  if [ "$status" = 0 ]; then
    PASSED=$((PASSED + 1))
    echo "ok    $name"
  else
    FAILED=$((FAILED + 1))
    echo "FAIL  $name (status $status)"
    tail -n 8 "$WORK/output" | sed 's/^/      /'
  fi
}

finish() {
  echo "$(basename "$0" .sh): $PASSED passed, $FAILED failed"
  [ "$FAILED" = 0 ]
}
