#!/usr/bin/env bash
# Who may do what: the bucket policies, ACLs and presigned URLs of AWS's own articles, by the AWS CLI and curl.
#
# Main owns the buckets unless a check says otherwise; "anybody" is curl without credentials.
. "$(dirname "$0")/lib.sh" "$@"
S3="aws --endpoint-url $ENDPOINT s3"
API="aws --endpoint-url $ENDPOINT --output text s3api"
# The users main and alt of tests/conformance.toml.
MAIN_ID=testid MAIN_ACCOUNT=000000000001
ALT_ACCESS=NOPQRSTUVWXYZABCDEFG ALT_SECRET=nopqrstuvwxyzabcdefghijklmnabcdefghijklm
ALT_ID=56789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234 ALT_EMAIL=john.doe@example.com
ALT=arn:aws:iam::000000000002:root MAIN=arn:aws:iam::$MAIN_ACCOUNT:root
random 2000 >"$WORK/small"; random 300 >"$WORK/other"
mkdir -p "$WORK/tree/a"
for number in 1 2 3; do echo "$number" >"$WORK/tree/a/$number"; done

as_alt() { AWS_ACCESS_KEY_ID=$ALT_ACCESS AWS_SECRET_ACCESS_KEY=$ALT_SECRET "$@"; }

# The command is refused with this code (the status, after a HEAD) and, when one is given as TEXT, with this message. A
# function must end with its first failing command, by &&: within an `if`, nothing else ends it.
refused_as() {
  local code=$1
  shift
  if "$@" >"$WORK/answer" 2>&1; then echo "should have been refused with $code: $*"; return 1; fi
  grep -qF "($code)" "$WORK/answer" && grep -qF -- "${TEXT:-}" "$WORK/answer" && return
  echo "should have been refused with $code ${TEXT:-}: $*"
  cat "$WORK/answer"
  return 1
}

# STATUS CURL-ARGUMENTS: what anybody is answered; the body stays in $WORK/body.
answers() {
  local expected=$1 status
  shift
  status=$(curl --silent --show-error --output "$WORK/body" --write-out '%{http_code}' "$@")
  [ "$status" = "$expected" ] && return
  echo "expected $expected, got $status: curl $*"
  cat "$WORK/body"
  return 1
}
says() { grep -qF -- "$1" "$WORK/body" || { echo "does not say $1:"; cat "$WORK/body"; return 1; }; }
equals() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }

make() { for bucket in "$@"; do $API create-bucket --bucket "$bucket"; done; }
# BUCKET KEY [OPTION...]
put() { local bucket=$1 key=$2; shift 2; $API put-object --bucket "$bucket" --key "$key" --body "$WORK/small" "$@"; }
get() { $API get-object --bucket "$1" --key "$2" "$WORK/back" && cmp "$WORK/small" "$WORK/back"; }
owner() { $API get-object-acl --bucket "$1" --key "$2" --query Owner.ID; }
# BUCKET: the statements come on standard input.
policy() { $API put-bucket-policy --bucket "$1" --policy "{\"Version\":\"2012-10-17\",\"Statement\":[$(cat)]}"; }
# BUCKET SWITCH...: these switches of Block Public Access are on, the others off.
block() {
  local bucket=$1 switches=
  shift
  for switch in BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets; do
    case " $* " in *" $switch "*) switches+=$switch=true, ;; *) switches+=$switch=false, ;; esac
  done
  $API put-public-access-block --bucket "$bucket" --public-access-block-configuration "${switches%,}"
}
ownership() { $API put-bucket-ownership-controls --bucket "$1" --ownership-controls "Rules=[{ObjectOwnership=$2}]"; }

public_read_statement() {
  echo "{\"Sid\":\"PublicRead\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::$1/*\"}"
}
public_read() {
  local site=$BUCKET-site private=$BUCKET-private
  make "$site" "$private"
  put "$site" page; put "$private" page
  answers 403 "$ENDPOINT/$site/page"; says '<Code>AccessDenied</Code>'
  public_read_statement "$site" | policy "$site"
  answers 200 "$ENDPOINT/$site/page"; cmp "$WORK/small" "$WORK/body"
  answers 200 --head "$ENDPOINT/$site/page"
  answers 403 "$ENDPOINT/$private/page"
  # Reading objects is all that was granted. Who may not list is not told what is not there.
  answers 403 "$ENDPOINT/$site"
  answers 403 "$ENDPOINT/$site/missing"
  answers 403 --upload-file "$WORK/other" "$ENDPOINT/$site/page"
  answers 403 --request DELETE "$ENDPOINT/$site/page"
  answers 403 "$ENDPOINT/$site?policy"
  as_alt get "$site" page
  refused_as AccessDenied as_alt $API list-objects-v2 --bucket "$site"
}
check public_read_of_one_bucket public_read
block_public_policies() {
  local site=$BUCKET-blocked
  make "$site"; put "$site" page
  public_read_statement "$site" | policy "$site"
  block "$site" BlockPublicPolicy
  answers 200 "$ENDPOINT/$site/page" # what is there already stays
  refused_as AccessDenied policy "$site" < <(public_read_statement "$site")
  policy "$site" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$ALT\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$site/*\"}"
  as_alt get "$site" page
  answers 403 "$ENDPOINT/$site/page"
  block "$site"
  public_read_statement "$site" | policy "$site"
  answers 200 "$ENDPOINT/$site/page"
  block "$site" RestrictPublicBuckets
  answers 403 "$ENDPOINT/$site/page"
  refused_as AccessDenied as_alt get "$site" page
  get "$site" page
  $API delete-public-access-block --bucket "$site"
  refused_as NoSuchPublicAccessBlockConfiguration $API get-public-access-block --bucket "$site"
  answers 200 "$ENDPOINT/$site/page"
}
check block_public_access_and_policies block_public_policies

# What a policy compares is what a request says, and not what the bucket does with those that say nothing.
default_encryption() {
  $API put-bucket-encryption --bucket "$1" --server-side-encryption-configuration \
    "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"$2\"}}]}"
}
sealed_as() { equals "$($API head-object --bucket "$1" --key "$2" --query ServerSideEncryption)" "$3"; }
unencrypted_null() {
  local bucket=$BUCKET-null
  make "$bucket"
  policy "$bucket" <<END
{"Sid":"DenyUnencrypted","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::$bucket/*",
 "Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}
END
  refused_as AccessDenied put "$bucket" plain
  refused_as AccessDenied $API create-multipart-upload --bucket "$bucket" --key parts
  for default in AES256 aws:kms; do
    default_encryption "$bucket" "$default"
    refused_as AccessDenied put "$bucket" plain
    refused_as AccessDenied $API create-multipart-upload --bucket "$bucket" --key parts
  done
  equals "$($API list-objects-v2 --bucket "$bucket" --query Contents)" None
  for method in AES256 aws:kms; do
    put "$bucket" sealed --server-side-encryption "$method"
    sealed_as "$bucket" sealed "$method"
    get "$bucket" sealed
  done
}
check deny_unencrypted_uploads_by_null unencrypted_null
unencrypted_equals() {
  local bucket=$BUCKET-equals
  make "$bucket"
  policy "$bucket" <<END
{"Sid":"DenyIncorrectEncryptionHeader","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::$bucket/*",
 "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}
END
  refused_as AccessDenied put "$bucket" plain
  refused_as AccessDenied put "$bucket" sealed --server-side-encryption aws:kms
  default_encryption "$bucket" AES256
  refused_as AccessDenied put "$bucket" plain
  refused_as AccessDenied $API copy-object --bucket "$bucket" --key copied --copy-source "$bucket/plain"
  equals "$($API list-objects-v2 --bucket "$bucket" --query Contents)" None
  put "$bucket" sealed --server-side-encryption AES256
  sealed_as "$bucket" sealed AES256
  $API copy-object --bucket "$bucket" --key copied --copy-source "$bucket/sealed" --server-side-encryption AES256
}
check deny_unencrypted_uploads_by_string_not_equals unencrypted_equals

full_control() {
  local bucket=$BUCKET-drop acl=bucket-owner-full-control
  make "$bucket"
  refused_as AccessDenied as_alt put "$bucket" k --acl $acl
  policy "$bucket" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":["s3:PutObject","s3:PutObjectAcl"],"Resource":"arn:aws:s3:::$bucket/*",
 "Condition":{"StringEquals":{"s3:x-amz-acl":"$acl"}}}
END
  refused_as AccessDenied as_alt put "$bucket" k
  refused_as AccessDenied as_alt put "$bucket" k --acl private
  refused_as AccessDenied as_alt put "$bucket" k --acl public-read
  as_alt put "$bucket" k --acl $acl
  get "$bucket" k
  equals "$(owner "$bucket" k)" "$ALT_ID" # ObjectWriter
  equals "$($API get-object-acl --bucket "$bucket" --key k --query "Grants[?Permission=='FULL_CONTROL'].Grantee.ID" | xargs -n1 | sort | xargs)" "$ALT_ID $MAIN_ID"
  as_alt get "$bucket" k # its own object

  ownership "$bucket" BucketOwnerPreferred
  as_alt put "$bucket" preferred --acl $acl
  get "$bucket" preferred
  equals "$(owner "$bucket" preferred)" $MAIN_ID
  refused_as AccessDenied as_alt get "$bucket" preferred
  equals "$(owner "$bucket" k)" "$ALT_ID" # what was there keeps its owner
}
check put_across_accounts_with_full_control full_control
writers_own() {
  local bucket=$BUCKET-writers
  make "$bucket"
  policy "$bucket" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"000000000002\"},\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::$bucket/*\"}"
  as_alt put "$bucket" mine
  refused_as AccessDenied get "$bucket" mine
  refused_as AccessDenied owner "$bucket" mine
  as_alt $API put-object-acl --bucket "$bucket" --key mine --acl bucket-owner-full-control
  get "$bucket" mine
  as_alt $API put-object-acl --bucket "$bucket" --key mine --acl private
  refused_as AccessDenied get "$bucket" mine
  ownership "$bucket" BucketOwnerPreferred
  as_alt put "$bucket" theirs # without the ACL it stays the writer's
  refused_as AccessDenied get "$bucket" theirs
  ownership "$bucket" BucketOwnerEnforced
  get "$bucket" mine; get "$bucket" theirs
  equals "$(owner "$bucket" mine)" $MAIN_ID
  refused_as AccessDenied as_alt get "$bucket" mine
  $API delete-object --bucket "$bucket" --key mine
}
check objects_of_other_writers writers_own
copy_across() {
  local source=$BUCKET-source backup=$BUCKET-backup
  make "$source"; as_alt make "$backup"
  $S3 cp "$WORK/small" "s3://$source/one"
  $S3 cp --recursive "$WORK/tree" "s3://$source/tree"
  refused_as 403 as_alt $S3 cp "s3://$source/one" "s3://$backup/one"
  refused_as AccessDenied $S3 cp "s3://$source/one" "s3://$backup/one"
  policy "$source" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$ALT\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$source/*\"}"
  as_alt $S3 cp "s3://$source/one" "s3://$backup/one"
  as_alt get "$backup" one
  equals "$(as_alt owner "$backup" one)" "$ALT_ID"
  refused_as AccessDenied get "$backup" one # what main grants is not granted back
  refused_as AccessDenied as_alt $S3 sync "s3://$source/tree" "s3://$backup/tree"
  policy "$source" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":["s3:GetObject","s3:ListBucket"],
 "Resource":["arn:aws:s3:::$source","arn:aws:s3:::$source/*"]}
END
  as_alt $S3 sync "s3://$source/tree" "s3://$backup/tree"
  as_alt $S3 sync "s3://$backup/tree" "$WORK/tree-back"
  diff -r "$WORK/tree" "$WORK/tree-back"
  refused_as AccessDenied as_alt $S3 rm "s3://$source/one"
  # The other way: main writes into the bucket of alt, and leaves the object to it.
  as_alt policy "$backup" <<END
{"Effect":"Allow","Principal":{"AWS":"$MAIN"},"Action":["s3:PutObject","s3:PutObjectAcl"],"Resource":"arn:aws:s3:::$backup/*"}
END
  $S3 cp --acl bucket-owner-full-control "s3://$source/one" "s3://$backup/pushed"
  as_alt get "$backup" pushed
  $API delete-bucket-policy --bucket "$source"
  refused_as 403 as_alt $S3 cp "s3://$source/one" "s3://$backup/again"
}
check copy_between_two_accounts copy_across

# The listener of the tests does not speak TLS, so that everything is what the statement denies.
secure_transport() {
  local bucket=$BUCKET-tls
  make "$bucket"; put "$bucket" k
  policy "$bucket" <<END
$(public_read_statement "$bucket"),
{"Sid":"DenyInsecureTransport","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"],
 "Condition":{"Bool":{"aws:SecureTransport":"false"}}}
END
  answers 403 "$ENDPOINT/$bucket/k"
  refused_as AccessDenied as_alt get "$bucket" k
  refused_as AccessDenied get "$bucket" k
  refused_as AccessDenied put "$bucket" k
  refused_as AccessDenied $API list-objects-v2 --bucket "$bucket"
  refused_as AccessDenied $API get-bucket-acl --bucket "$bucket"
  refused_as 403 $API head-bucket --bucket "$bucket"
  refused_as AccessDenied as_alt $API delete-bucket-policy --bucket "$bucket"
  # The root user of the account that has the bucket is never locked out of its policy.
  $API get-bucket-policy --bucket "$bucket" | grep DenyInsecureTransport
  public_read_statement "$bucket" | policy "$bucket"
  answers 200 "$ENDPOINT/$bucket/k"
  policy "$bucket" <<<"{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::$bucket\",\"arn:aws:s3:::$bucket/*\"]}"
  refused_as AccessDenied get "$bucket" k
  $API delete-bucket-policy --bucket "$bucket"
  get "$bucket" k
}
check deny_what_is_not_encrypted_in_transport secure_transport
# BUCKET RANGE: anybody in the range may read.
allow_from() { policy "$1" <<<"{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$1/*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":$2}}}"; }
addresses() {
  local bucket=$BUCKET-address
  make "$bucket"; put "$bucket" k
  allow_from "$bucket" '"127.0.0.1"'
  answers 200 "$ENDPOINT/$bucket/k"
  answers 403 "$ENDPOINT/$bucket"
  allow_from "$bucket" '["192.0.2.0/24","127.0.0.0/8"]'
  answers 200 "$ENDPOINT/$bucket/k"
  allow_from "$bucket" '"192.0.2.0/24"'
  answers 403 "$ENDPOINT/$bucket/k"
  answers 403 --header 'X-Forwarded-For: 192.0.2.1' "$ENDPOINT/$bucket/k" # anybody could say so
  refused_as AccessDenied as_alt get "$bucket" k
  get "$bucket" k # no allowance of a policy is needed in one's own account
  # A fixed range is not public, by what AWS means by it.
  equals "$($API get-bucket-policy-status --bucket "$bucket" --query PolicyStatus.IsPublic)" False
  block "$bucket" BlockPublicPolicy RestrictPublicBuckets
  allow_from "$bucket" '"127.0.0.1/32"'
  policy "$bucket" <<END
{"Sid":"IPAllow","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"],
 "Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}
END
  refused_as AccessDenied get "$bucket" k
  $API delete-bucket-policy --bucket "$bucket"
  get "$bucket" k
}
check allow_list_of_addresses addresses

# AWS's article: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html
by_endpoint() {
  local bucket=$BUCKET-vpce named="aws --endpoint-url $NAMED_ENDPOINT --output text s3api"
  local limited="aws --endpoint-url $LIMITED_ENDPOINT --output text s3api"
  make "$bucket"; put "$bucket" k
  policy "$bucket" <<END
{"Sid":"Access-to-specific-VPCE-only","Effect":"Deny","Principal":"*","Action":"s3:*",
 "Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"],"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-0a1b2c3d"}}}
END
  refused_as AccessDenied get "$bucket" k
  refused_as AccessDenied put "$bucket" k
  refused_as AccessDenied $API list-objects-v2 --bucket "$bucket"
  refused_as AccessDenied $limited list-objects-v2 --bucket "$bucket"
  answers 403 --header 'aws:SourceVpce: vpce-0a1b2c3d' "$ENDPOINT/$bucket/k" # anybody could say so
  $named get-object --bucket "$bucket" --key k "$WORK/back" && cmp "$WORK/small" "$WORK/back"
  $named put-object --bucket "$bucket" --key new --body "$WORK/small"
  equals "$($named list-objects-v2 --bucket "$bucket" --query 'Contents[].Key' | xargs)" "k new"
  # It allows nothing.
  answers 403 "$NAMED_ENDPOINT/$bucket/k"
  refused_as AccessDenied as_alt $named get-object --bucket "$bucket" --key k "$WORK/back"
  policy "$bucket" <<END
{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::$bucket/*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1a2b3c4d"}}}
END
  answers 200 "$NAMED_ENDPOINT/$bucket/k"; cmp "$WORK/small" "$WORK/body"
  answers 403 "$ENDPOINT/$bucket/k"
  # A network that is named is not everybody.
  equals "$($API get-bucket-policy-status --bucket "$bucket" --query PolicyStatus.IsPublic)" False
  $API delete-bucket-policy --bucket "$bucket"
  get "$bucket" k
}
check allow_list_of_endpoints by_endpoint
endpoint_policy() {
  local through=$BUCKET-through other=$BUCKET-elsewhere limited="aws --endpoint-url $LIMITED_ENDPOINT --output text s3api"
  make "$through" "$other"; put "$through" k; put "$other" k
  $limited get-object --bucket "$through" --key k "$WORK/back" && cmp "$WORK/small" "$WORK/back"
  $limited list-objects-v2 --bucket "$through"
  # Its owner as well: what the endpoint does not let pass, nobody does by it.
  refused_as AccessDenied $limited put-object --bucket "$through" --key k --body "$WORK/other"
  refused_as AccessDenied $limited delete-object --bucket "$through" --key k
  refused_as AccessDenied $limited delete-bucket-policy --bucket "$through"
  refused_as AccessDenied $limited get-object --bucket "$other" --key k "$WORK/back"
  refused_as AccessDenied $limited list-buckets
  answers 403 "$LIMITED_ENDPOINT/$through/k" # and it opens nothing
  public_read_statement "$through" | policy "$through"
  public_read_statement "$other" | policy "$other"
  answers 200 "$LIMITED_ENDPOINT/$through/k"
  answers 403 "$LIMITED_ENDPOINT/$other/k"
  answers 200 "$ENDPOINT/$other/k"
}
check the_policy_of_an_endpoint endpoint_policy

# The CLI puts the account before the host: names below localhost lead to this machine by rights, and not by every resolver.
control() {
  mkdir -p "$WORK/python"
  cat >"$WORK/python/sitecustomize.py" <<'END'
import socket
found = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: found(
    "127.0.0.1" if isinstance(host, str) and host.endswith("localhost") else host, *rest, **more)
END
  PYTHONPATH=$WORK/python aws --endpoint-url "http://localhost:${ENDPOINT##*:}" --output text s3control "$@"
}
account_block() {
  local site=$BUCKET-account id="--account-id $MAIN_ACCOUNT"
  make "$site"; put "$site" page
  public_read_statement "$site" | policy "$site"
  put "$site" open --acl public-read
  answers 200 "$ENDPOINT/$site/page"
  refused_as NoSuchPublicAccessBlockConfiguration control get-public-access-block $id
  control put-public-access-block $id --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
  # Whatever the failing check is, the account's other checks go on without.
  trap 'control delete-public-access-block --account-id $MAIN_ACCOUNT' EXIT
  equals "$(control get-public-access-block $id --query PublicAccessBlockConfiguration | xargs)" "True True True True"
  answers 403 "$ENDPOINT/$site/page"
  answers 403 "$ENDPOINT/$site/open"
  refused_as AccessDenied as_alt get "$site" page
  get "$site" page
  refused_as AccessDenied put "$site" new --acl public-read
  refused_as AccessDenied policy "$site" < <(public_read_statement "$site")
  block "$site" # the bucket's own does not open what the account closes
  answers 403 "$ENDPOINT/$site/page"
  refused_as AccessDenied as_alt control get-public-access-block $id
  refused_as AccessDenied as_alt control delete-public-access-block $id
  control put-public-access-block $id --public-access-block-configuration IgnorePublicAcls=true
  answers 200 "$ENDPOINT/$site/page"
  $API delete-bucket-policy --bucket "$site"
  answers 403 "$ENDPOINT/$site/open"
  control delete-public-access-block $id
  answers 200 "$ENDPOINT/$site/open"
  refused_as NoSuchPublicAccessBlockConfiguration control get-public-access-block $id
}
check block_public_access_of_an_account account_block

requester_pays() {
  local paid=$BUCKET-pays
  make "$paid"; put "$paid" k
  policy "$paid" <<END
{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::$paid","arn:aws:s3:::$paid/*"]}
END
  equals "$($API get-bucket-request-payment --bucket "$paid")" BucketOwner
  answers 200 "$ENDPOINT/$paid/k"
  $API put-bucket-request-payment --bucket "$paid" --request-payment-configuration Payer=Requester
  equals "$($API get-bucket-request-payment --bucket "$paid")" Requester
  get "$paid" k
  answers 403 "$ENDPOINT/$paid/k"
  answers 403 --header 'x-amz-request-payer: requester' "$ENDPOINT/$paid/k" # never anonymous
  refused_as AccessDenied as_alt get "$paid" k
  refused_as AccessDenied as_alt $S3 ls "s3://$paid"
  as_alt $S3 ls --request-payer requester "s3://$paid" | grep 2000
  equals "$(as_alt $API get-object --bucket "$paid" --key k --request-payer requester --query RequestCharged "$WORK/back")" requester
  cmp "$WORK/small" "$WORK/back"
  as_alt $S3 cp --request-payer requester "s3://$paid/k" "$WORK/again" && cmp "$WORK/small" "$WORK/again"
  as_alt make "$paid-copy"
  refused_as AccessDenied as_alt $API copy-object --bucket "$paid-copy" --key k --copy-source "$paid/k"
  as_alt $API copy-object --bucket "$paid-copy" --key k --copy-source "$paid/k" --request-payer requester
  as_alt get "$paid-copy" k
  $API put-bucket-request-payment --bucket "$paid" --request-payment-configuration Payer=BucketOwner
  answers 200 "$ENDPOINT/$paid/k"
}
check requester_pays requester_pays

acls() {
  local bucket=$BUCKET-acl
  make "$bucket"
  put "$bucket" k --acl public-read
  answers 200 "$ENDPOINT/$bucket/k"; cmp "$WORK/small" "$WORK/body"
  answers 403 "$ENDPOINT/$bucket/k?acl"
  $API put-object-acl --bucket "$bucket" --key k --acl private
  answers 403 "$ENDPOINT/$bucket/k"
  $API put-object-acl --bucket "$bucket" --key k --acl authenticated-read
  answers 403 "$ENDPOINT/$bucket/k"
  as_alt get "$bucket" k
  $API put-object-acl --bucket "$bucket" --key k --acl private
  refused_as AccessDenied as_alt get "$bucket" k
  answers 403 "$ENDPOINT/$bucket"
  $API put-bucket-acl --bucket "$bucket" --acl public-read
  answers 200 "$ENDPOINT/$bucket"; says '<Key>k</Key>'
  answers 403 "$ENDPOINT/$bucket/k" # the ACL of the bucket opens no object
  answers 403 --upload-file "$WORK/other" "$ENDPOINT/$bucket/new"
  $API put-bucket-acl --bucket "$bucket" --acl private
  answers 403 "$ENDPOINT/$bucket"
}
check canned_acls acls
grants() {
  local bucket=$BUCKET-grants
  make "$bucket"; put "$bucket" k
  refused_as AccessDenied as_alt get "$bucket" k
  $API put-object-acl --bucket "$bucket" --key k --grant-read "id=$ALT_ID" --grant-full-control "id=$MAIN_ID"
  as_alt get "$bucket" k
  refused_as AccessDenied as_alt owner "$bucket" k
  answers 403 "$ENDPOINT/$bucket/k"
  $API put-object-acl --bucket "$bucket" --key k --acl private
  refused_as AccessDenied as_alt get "$bucket" k
  put "$bucket" mailed --grant-read "emailaddress=$ALT_EMAIL"
  as_alt get "$bucket" mailed
  put "$bucket" readable --grant-read-acp "id=$ALT_ID"
  as_alt owner "$bucket" readable
  refused_as AccessDenied as_alt get "$bucket" readable
  put "$bucket" grouped --grant-read uri=http://acs.amazonaws.com/groups/global/AllUsers
  answers 200 "$ENDPOINT/$bucket/grouped"
  refused_as InvalidArgument put "$bucket" wrong --grant-read id=nobody
  refused_as AccessDenied as_alt put "$bucket" theirs
  $API put-bucket-acl --bucket "$bucket" --grant-write "id=$ALT_ID" --grant-full-control "id=$MAIN_ID"
  as_alt put "$bucket" theirs
  refused_as AccessDenied as_alt $API list-objects-v2 --bucket "$bucket"
  $API put-bucket-acl --bucket "$bucket" --acl private
  refused_as AccessDenied as_alt put "$bucket" theirs
}
check grants_by_id_mail_and_group grants
block_public_acls() {
  local bucket=$BUCKET-ignored
  make "$bucket"; put "$bucket" k --acl public-read
  block "$bucket" IgnorePublicAcls
  answers 403 "$ENDPOINT/$bucket/k"
  put "$bucket" new --acl public-read
  answers 403 "$ENDPOINT/$bucket/new"
  block "$bucket" BlockPublicAcls
  answers 200 "$ENDPOINT/$bucket/k" # what is there already stays
  refused_as AccessDenied put "$bucket" newer --acl public-read
  refused_as AccessDenied $API put-object-acl --bucket "$bucket" --key k --acl authenticated-read
  refused_as AccessDenied $API put-bucket-acl --bucket "$bucket" --acl public-read
  $API put-object-acl --bucket "$bucket" --key k --grant-read "id=$ALT_ID"
  as_alt $API get-object --bucket "$bucket" --key k "$WORK/back"
}
check block_public_access_and_acls block_public_acls
enforced() {
  local bucket=$BUCKET-enforced
  make "$bucket"
  put "$bucket" k --acl public-read
  $API put-bucket-acl --bucket "$bucket" --acl public-read
  refused_as InvalidBucketAclWithObjectOwnership ownership "$bucket" BucketOwnerEnforced
  $API put-bucket-acl --bucket "$bucket" --acl private
  ownership "$bucket" BucketOwnerEnforced
  equals "$($API get-bucket-ownership-controls --bucket "$bucket" --query 'OwnershipControls.Rules[0].ObjectOwnership')" BucketOwnerEnforced
  answers 403 "$ENDPOINT/$bucket/k"
  refused_as AccessControlListNotSupported put "$bucket" new --acl public-read
  refused_as AccessControlListNotSupported put "$bucket" new --grant-read "id=$ALT_ID"
  refused_as AccessControlListNotSupported $API put-object-acl --bucket "$bucket" --key k --acl public-read
  refused_as AccessControlListNotSupported $API put-bucket-acl --bucket "$bucket" --acl public-read
  put "$bucket" new --acl bucket-owner-full-control # says what is so anyhow
  equals "$($API get-object-acl --bucket "$bucket" --key k --query 'Grants[].[Grantee.ID,Permission]' | xargs)" "$MAIN_ID FULL_CONTROL"
  ownership "$bucket" ObjectWriter
  answers 200 "$ENDPOINT/$bucket/k" # the grants were only laid aside
  refused_as InvalidBucketAclWithObjectOwnership $API create-bucket --bucket "$bucket-new" --object-ownership BucketOwnerEnforced --acl public-read
}
check ownership_enforced_turns_acls_off enforced

deny_wins() {
  local bucket=$BUCKET-deny
  make "$bucket"; put "$bucket" k
  policy "$bucket" <<END
{"Sid":"Everything","Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":"s3:*","Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"]},
{"Sid":"ButDelete","Effect":"Deny","Principal":{"AWS":"$ALT"},"Action":"s3:Delete*","Resource":"*"}
END
  as_alt get "$bucket" k
  as_alt put "$bucket" theirs
  as_alt $API list-objects-v2 --bucket "$bucket"
  refused_as AccessDenied as_alt $API delete-object --bucket "$bucket" --key k
  refused_as AccessDenied as_alt $API delete-object --bucket "$bucket" --key theirs
  refused_as AccessDenied as_alt $API delete-bucket --bucket "$bucket"
  equals "$(as_alt $API delete-objects --bucket "$bucket" --delete 'Objects=[{Key=k},{Key=theirs}]' --query 'Errors[].Code' | xargs)" "AccessDenied AccessDenied"
  # It wins over the ACL, and over the owner.
  put "$bucket" open --acl public-read
  answers 200 "$ENDPOINT/$bucket/open"
  policy "$bucket" <<<"{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$bucket/open\"}"
  answers 403 "$ENDPOINT/$bucket/open"
  refused_as AccessDenied get "$bucket" open
  get "$bucket" k
}
check explicit_deny_wins deny_wins
negations() {
  local bucket=$BUCKET-not
  make "$bucket"; put "$bucket" public/k; put "$bucket" secret/k
  policy "$bucket" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"NotAction":["s3:Delete*","s3:PutObject"],"Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"]}
END
  as_alt get "$bucket" secret/k
  as_alt $API list-objects-v2 --bucket "$bucket"
  refused_as AccessDenied as_alt put "$bucket" public/new
  refused_as AccessDenied as_alt $API delete-object --bucket "$bucket" --key public/k
  policy "$bucket" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::$bucket/*"},
{"Effect":"Deny","Principal":{"AWS":"$ALT"},"Action":"s3:GetObject","NotResource":"arn:aws:s3:::$bucket/public/*"}
END
  as_alt get "$bucket" public/k
  refused_as AccessDenied as_alt get "$bucket" secret/k
  policy "$bucket" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":"s3:*","Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"]},
{"Effect":"Deny","NotPrincipal":{"AWS":["$MAIN"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::$bucket/secret/*"}
END
  as_alt get "$bucket" public/k
  refused_as AccessDenied as_alt get "$bucket" secret/k
  get "$bucket" secret/k
}
check not_action_not_resource_not_principal negations
folders() {
  local bucket=$BUCKET-folders
  make "$bucket"; put "$bucket" desks/alt/k; put "$bucket" desks/main/k
  policy "$bucket" <<END
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::$bucket","Condition":{"StringLike":{"s3:prefix":"desks/alt/*"}}},
{"Effect":"Allow","Principal":{"AWS":"$ALT"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::$bucket/desks/alt/*"}
END
  as_alt $S3 ls "s3://$bucket/desks/alt/" | grep 2000
  refused_as AccessDenied as_alt $S3 ls "s3://$bucket/desks/main/"
  refused_as AccessDenied as_alt $S3 ls "s3://$bucket"
  as_alt get "$bucket" desks/alt/k
  as_alt put "$bucket" desks/alt/new
  refused_as AccessDenied as_alt get "$bucket" desks/main/k
}
check a_folder_for_each_account folders

status() {
  local bucket=$BUCKET-status
  make "$bucket"
  # AWS: NoSuchBucketPolicy. The suites ask for an answer here, which counts ACLs in (tests/golden/GetBucketPolicyStatus).
  equals "$($API get-bucket-policy-status --bucket "$bucket" --query PolicyStatus.IsPublic)" False
  refused_as NoSuchBucketPolicy $API get-bucket-policy --bucket "$bucket"
  public_read_statement "$bucket" | policy "$bucket"
  equals "$($API get-bucket-policy-status --bucket "$bucket" --query PolicyStatus.IsPublic)" True
  $API get-bucket-policy --bucket "$bucket" --query Policy | grep -F '"Sid":"PublicRead"'
  policy "$bucket" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$ALT\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$bucket/*\"}"
  equals "$($API get-bucket-policy-status --bucket "$bucket" --query PolicyStatus.IsPublic)" False
  refused_as AccessDenied as_alt $API get-bucket-policy-status --bucket "$bucket"
  refused_as AccessDenied as_alt $API get-bucket-policy --bucket "$bucket"
  # Whatever it says: a policy is read and set by the account that has the bucket.
  policy "$bucket" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$ALT\"},\"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::$bucket\",\"arn:aws:s3:::$bucket/*\"]}"
  as_alt $API get-bucket-policy-status --bucket "$bucket"
  refused_as MethodNotAllowed as_alt $API get-bucket-policy --bucket "$bucket"
  refused_as MethodNotAllowed as_alt $API delete-bucket-policy --bucket "$bucket"
  $API delete-bucket-policy --bucket "$bucket"
  refused_as NoSuchBucketPolicy $API get-bucket-policy --bucket "$bucket"
  $API delete-bucket-policy --bucket "$bucket" # nothing to delete is no error
  refused_as NoSuchBucket $API get-bucket-policy --bucket "$bucket-none"
}
check policy_status_and_deletion status
# BUCKET MESSAGE DOCUMENT
malformed() { TEXT=$2 refused_as MalformedPolicy $API put-bucket-policy --bucket "$1" --policy "$3"; }
malformed_documents() {
  local bucket=$BUCKET-broken start='{"Version":"2012-10-17","Statement":[' open='"Effect":"Allow","Principal":"*"'
  local objects="\"Resource\":\"arn:aws:s3:::$BUCKET-broken/*\"" read='"Action":"s3:GetObject"'
  make "$bucket"
  malformed "$bucket" "Policies must be valid JSON and the first byte must be '{'" 'hello'
  malformed "$bucket" 'This policy contains invalid Json' "$start"
  malformed "$bucket" 'The policy must contain a valid version string' "{\"Version\":\"2024-01-01\",\"Statement\":[{$open,$read,$objects}]}"
  malformed "$bucket" 'Missing required field Statement' '{"Version":"2012-10-17"}'
  malformed "$bucket" 'Missing required field Principal' "$start{\"Effect\":\"Allow\",$read,$objects}]}"
  malformed "$bucket" 'Missing required field Action' "$start{$open,$objects}]}"
  malformed "$bucket" 'Missing required field Resource' "$start{$open,$read}]}"
  malformed "$bucket" 'Invalid effect: allow' "$start{\"Effect\":\"allow\",\"Principal\":\"*\",$read,$objects}]}"
  malformed "$bucket" 'Invalid principal in policy' "$start{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"nobody\"},$read,$objects}]}"
  malformed "$bucket" 'Policy has invalid action' "$start{$open,\"Action\":\"s3:GetObjekt\",$objects}]}"
  malformed "$bucket" 'Policy has invalid resource' "$start{$open,$read,\"Resource\":\"arn:aws:s3:::other/*\"}]}"
  malformed "$bucket" 'Action does not apply to any resource(s) in statement' "$start{$open,$read,\"Resource\":\"arn:aws:s3:::$bucket\"}]}"
  malformed "$bucket" 'Invalid Condition type : StringIs' "$start{$open,$read,$objects,\"Condition\":{\"StringIs\":{\"aws:Referer\":\"x\"}}}]}"
  malformed "$bucket" 'Policy has an invalid condition key' "$start{$open,$read,$objects,\"Condition\":{\"StringEquals\":{\"s3:colour\":\"x\"}}}]}"
  refused_as NoSuchBucketPolicy $API get-bucket-policy --bucket "$bucket"
}
check malformed_policies_say_why malformed_documents

presigned() {
  local bucket=$BUCKET-signed url
  make "$bucket"; put "$bucket" k; put "$bucket" other
  url=$($S3 presign "s3://$bucket/k" --expires-in 600)
  answers 200 "$url"; cmp "$WORK/small" "$WORK/body"
  answers 403 "${url/\/k\?//other?}"; says '<Code>SignatureDoesNotMatch</Code>'
  answers 403 --upload-file "$WORK/other" "$url"
  # It opens what its signer may read, whenever it is used.
  url=$(as_alt $S3 presign "s3://$bucket/k" --expires-in 600)
  answers 403 "$url"; says '<Code>AccessDenied</Code>'
  policy "$bucket" <<<"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$ALT\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::$bucket/*\"}"
  answers 200 "$url"
  $API delete-bucket-policy --bucket "$bucket"
  answers 403 "$url"
  url=$($S3 presign "s3://$bucket/k" --expires-in 1)
  until answers 403 "$url"; do sleep 0.2; done
  says 'Request has expired'
}
check presigned_urls presigned
# The AWS CLI presigns with version 2 when its configuration names none; its requests, and its URLs when version 2 is what
# `signature_version` names, it signs with version 4 all the same. boto3_checks.py signs requests with version 2.
version_2() {
  local bucket=$BUCKET-v2 url
  make "$bucket"; put "$bucket" k; put "$bucket" other
  export AWS_CONFIG_FILE=$WORK/aws-config-v2
  printf '[default]\ns3 =\n  addressing_style = path\n' >"$AWS_CONFIG_FILE"
  url=$($S3 presign "s3://$bucket/k" --expires-in 600)
  grep -F '?AWSAccessKeyId=' <<<"$url"
  answers 200 "$url"; cmp "$WORK/small" "$WORK/body"
  answers 403 "${url/\/k\?//other?}"; says '<Code>SignatureDoesNotMatch</Code>'
  answers 403 --request DELETE "$url"
  answers 403 "$(as_alt $S3 presign "s3://$bucket/k" --expires-in 600)"; says '<Code>AccessDenied</Code>'
  local short
  short=$($S3 presign "s3://$bucket/k" --expires-in 1)
  until answers 403 "$short"; do sleep 0.2; done
  says 'Request has expired'
  # A policy may insist on version 4.
  policy "$bucket" <<END
{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::$bucket","arn:aws:s3:::$bucket/*"],
 "Condition":{"StringNotEquals":{"s3:signatureversion":"AWS4-HMAC-SHA256"}}}
END
  answers 403 "$url"; says '<Code>AccessDenied</Code>'
  get "$bucket" k
}
check presigned_urls_of_version_2 version_2

# SEED STEP: the code that a device shows in a step of 30 seconds (RFC 6238).
code() {
  python3 - "$1" "$2" <<'END'
import base64, hashlib, hmac, struct, sys
digest = hmac.new(base64.b32decode(sys.argv[1]), struct.pack(">Q", int(sys.argv[2])), hashlib.sha1).digest()
number = struct.unpack(">I", digest[digest[19] & 15 :][:4])[0] & 0x7FFFFFFF
print("%06d" % (number % 1000000))
END
}
mfa_delete() {
  local bucket=$BUCKET-mfa iam="aws --endpoint-url $ENDPOINT --output text iam" device=$BUCKET serial seed first id other
  make "$bucket"
  serial=$($iam create-virtual-mfa-device --virtual-mfa-device-name "$device" --bootstrap-method Base32StringSeed --outfile "$WORK/seed" --query VirtualMFADevice.SerialNumber)
  seed=$(cat "$WORK/seed")
  equals "$serial" "arn:aws:iam::$MAIN_ACCOUNT:mfa/$device"
  # Enabled by codes of the past, so that the next ones need not be waited for. Each is good once.
  first=$(($(date +%s) / 30 - 4))
  enable() { $iam enable-mfa-device --user-name '<root_account>' --serial-number "$serial" --authentication-code1 "$1" --authentication-code2 "$2"; }
  refused_as InvalidAuthenticationCode enable "$(code "$seed" "$first")" "$(code "$seed" $((first + 2)))"
  enable "$(code "$seed" "$first")" "$(code "$seed" $((first + 1)))"
  equals "$($iam list-mfa-devices --query "MFADevices[?SerialNumber=='$serial'].UserName")" root
  versioning() { $API put-bucket-versioning --bucket "$bucket" --versioning-configuration "$@"; }
  next() { echo "$serial $(code "$seed" $((first + $1)))"; }

  TEXT='Mfa Authentication must be used for this request' refused_as AccessDenied versioning Status=Enabled,MFADelete=Enabled
  refused_as InvalidArgument versioning Status=Enabled,MFADelete=Enabled --mfa 123456
  versioning Status=Enabled,MFADelete=Enabled --mfa "$(next 2)"
  refused_as AccessDenied versioning Status=Suspended
  refused_as AccessDenied versioning Status=Suspended --mfa "$(next 2)" # was used
  equals "$($API get-bucket-versioning --bucket "$bucket" --query '[Status,MFADelete]' | xargs)" 'Enabled Enabled'
  put "$bucket" k
  id=$($API list-object-versions --bucket "$bucket" --query 'Versions[0].VersionId')
  $API delete-object --bucket "$bucket" --key k # leaves a delete marker
  refused_as NoSuchKey get "$bucket" k
  TEXT='Mfa Authentication must be used for this request' refused_as AccessDenied $API delete-object --bucket "$bucket" --key k --version-id "$id"
  refused_as AccessDenied $API delete-objects --bucket "$bucket" --delete "Objects=[{Key=k,VersionId=$id}]"
  $API get-object --bucket "$bucket" --key k --version-id "$id" "$WORK/back"
  $API delete-object --bucket "$bucket" --key k --version-id "$id" --mfa "$(next 3)"
  refused_as NoSuchVersion $API get-object --bucket "$bucket" --key k --version-id "$id" "$WORK/back"
  other=$($API list-object-versions --bucket "$bucket" --query 'DeleteMarkers[0].VersionId')
  $API delete-objects --bucket "$bucket" --delete "Objects=[{Key=k,VersionId=$other}]" --mfa "$(next 4)"
  versioning Status=Suspended,MFADelete=Disabled --mfa "$(next 5)"
  equals "$($API get-bucket-versioning --bucket "$bucket" --query '[Status,MFADelete]' | xargs)" 'Suspended Disabled'
  refused_as DeleteConflict $iam delete-virtual-mfa-device --serial-number "$serial"
  $iam deactivate-mfa-device --user-name '<root_account>' --serial-number "$serial"
  $iam delete-virtual-mfa-device --serial-number "$serial"
  # A picture for phones comes as well.
  $iam create-virtual-mfa-device --virtual-mfa-device-name "$device" --bootstrap-method QRCodePNG --outfile "$WORK/picture"
  [ "$(head -c 8 "$WORK/picture" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]
  $iam delete-virtual-mfa-device --serial-number "$serial"
}
check mfa_delete mfa_delete
finish
