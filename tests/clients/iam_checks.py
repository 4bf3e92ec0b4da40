"""Users, roles and sessions through boto3, as Terraform would: make, use, revoke, and prove that revoking is immediate.

Usage: iam_checks.py ENDPOINT ACCESS_KEY SECRET_KEY   (the keys of the root user of an account)
"""

import base64
import csv
import hashlib
import hmac
import json
import struct
import sys
import time
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

ENDPOINT, ACCESS_KEY, SECRET_KEY = sys.argv[1:4]
REGION = "us-east-1"
CHECKS = []


def client(service, key=ACCESS_KEY, secret=SECRET_KEY, token=None):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            # Presigned URLs are signed with version 2 unless told otherwise.
            signature_version="s3v4" if service == "s3" else "v4",
        ),
    )


def of(service, credentials):
    return client(
        service, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials.get("SessionToken")
    )


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"]
        assert got in code.split("|"), f"expected {code}, got {got}: {error}"
        return error
    raise AssertionError(f"expected {code}, and it succeeded")


def policy(*statements):
    made = []
    for effect, action, resource, *condition in statements:
        statement = {"Effect": effect, "Action": action, "Resource": resource}
        if condition:
            statement["Condition"] = condition[0]
        made.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": made})


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def name(word):
    return f"{word}-{uuid.uuid4().hex[:8]}"


IAM, STS, S3 = client("iam"), client("sts"), client("s3")
ACCOUNT = STS.get_caller_identity()["Account"]


def new_user(**arguments):
    user = name("user")
    IAM.create_user(UserName=user, **arguments)
    return user, IAM.create_access_key(UserName=user)["AccessKey"]


def new_bucket():
    bucket = name("bucket")
    S3.create_bucket(Bucket=bucket)
    S3.put_object(Bucket=bucket, Key="a/one", Body=b"one")
    return bucket


class Phone:
    """A device that shows one-time codes (RFC 6238), of a user."""

    def __init__(self, user):
        made = IAM.create_virtual_mfa_device(VirtualMFADeviceName=name("phone"))["VirtualMFADevice"]
        assert made["QRCodePNG"].startswith(b"\x89PNG"), made["QRCodePNG"][:8]
        self.serial, self.seed, self.user = made["SerialNumber"], base64.b32decode(made["Base32StringSeed"]), user
        # Enabled by codes of the past, so that the next ones need not be waited for. Each is good once.
        self.step = int(time.time()) // 30 - 4
        IAM.enable_mfa_device(
            UserName=user,
            SerialNumber=self.serial,
            AuthenticationCode1=self.code(),
            AuthenticationCode2=self.code(),
        )

    def code(self):
        digest = hmac.new(self.seed, struct.pack(">Q", self.step), hashlib.sha1).digest()
        self.step += 1
        return "%06d" % ((struct.unpack(">I", digest[digest[19] & 15 :][:4])[0] & 0x7FFFFFFF) % 1000000)


def check(function):
    CHECKS.append(function)
    return function


@check
def a_user_may_what_its_policy_says_from_the_moment_it_does():
    bucket = new_bucket()
    user, key = new_user()
    s3 = of("s3", key)
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")
    IAM.put_user_policy(
        UserName=user,
        PolicyName="read",
        PolicyDocument=policy(("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/a/*")),
    )
    assert s3.get_object(Bucket=bucket, Key="a/one")["Body"].read() == b"one"
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="a/two", Body=b"")
    fails("AccessDenied", s3.list_objects_v2, Bucket=bucket)
    IAM.delete_user_policy(UserName=user, PolicyName="read")
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")


@check
def managed_policies_change_with_their_versions():
    bucket = new_bucket()
    user, key = new_user(Path="/division/")
    s3 = of("s3", key)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    arn = IAM.create_policy(PolicyName=name("p"), PolicyDocument=policy(("Allow", "s3:List*", resources)))[
        "Policy"
    ]["Arn"]
    IAM.attach_user_policy(UserName=user, PolicyArn=arn)
    assert IAM.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    IAM.create_policy_version(
        PolicyArn=arn, PolicyDocument=policy(("Allow", "s3:Get*", resources)), SetAsDefault=True
    )
    fails("AccessDenied", s3.list_objects_v2, Bucket=bucket)
    s3.get_object(Bucket=bucket, Key="a/one")
    versions = IAM.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in versions] == ["v2", "v1"], versions
    assert IAM.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]["Statement"]
    fails("DeleteConflict", IAM.delete_policy_version, PolicyArn=arn, VersionId="v2")
    fails("DeleteConflict", IAM.delete_policy, PolicyArn=arn)
    IAM.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")
    IAM.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert [u["UserName"] for u in IAM.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]] == [user]
    IAM.detach_user_policy(UserName=user, PolicyArn=arn)
    fails("AccessDenied", s3.list_objects_v2, Bucket=bucket)
    IAM.delete_policy(PolicyArn=arn)
    fails("NoSuchEntity", IAM.get_policy, PolicyArn=arn)


@check
def groups_lend_their_policies():
    bucket = new_bucket()
    user, key = new_user()
    s3 = of("s3", key)
    group = name("group")
    IAM.create_group(GroupName=group)
    IAM.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    IAM.add_user_to_group(GroupName=group, UserName=user)
    s3.get_object(Bucket=bucket, Key="a/one")
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="b", Body=b"")
    assert [g["GroupName"] for g in IAM.list_groups_for_user(UserName=user)["Groups"]] == [group]
    fails("DeleteConflict", IAM.delete_group, GroupName=group)
    IAM.remove_user_from_group(GroupName=group, UserName=user)
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")


@check
def a_deny_wins_and_a_boundary_limits():
    bucket = new_bucket()
    user, key = new_user()
    s3 = of("s3", key)
    objects = f"arn:aws:s3:::{bucket}/*"
    IAM.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy(("Allow", "s3:*", "*")))
    s3.put_object(Bucket=bucket, Key="a/two", Body=b"two")
    IAM.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(("Deny", "s3:PutObject", objects)))
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="a/two", Body=b"two")
    IAM.delete_user_policy(UserName=user, PolicyName="deny")
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    IAM.put_user_permissions_boundary(UserName=user, PermissionsBoundary=boundary)
    assert IAM.get_user(UserName=user)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="a/two", Body=b"two")
    s3.get_object(Bucket=bucket, Key="a/two")
    IAM.delete_user_permissions_boundary(UserName=user)
    s3.put_object(Bucket=bucket, Key="a/two", Body=b"two")


@check
def a_key_signs_until_it_is_switched_off_or_deleted():
    user, key = new_user()
    IAM.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    s3 = of("s3", key)
    s3.list_buckets()
    used = IAM.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == user and used["AccessKeyLastUsed"]["ServiceName"] == "s3", used
    fails("DeleteConflict", IAM.delete_user, UserName=user)
    IAM.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    fails("InvalidAccessKeyId", s3.list_buckets)
    IAM.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Active")
    s3.list_buckets()
    IAM.create_access_key(UserName=user)
    fails("LimitExceeded", IAM.create_access_key, UserName=user)
    IAM.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    fails("InvalidAccessKeyId", s3.list_buckets)
    fails("InvalidClientTokenId", of("sts", key).get_caller_identity)
    wrong = dict(key, SecretAccessKey="not the secret")
    fails("InvalidAccessKeyId", of("s3", wrong).list_buckets)


@check
def a_role_is_assumed_used_and_revoked():
    bucket = new_bucket()
    user, key = new_user()
    user_arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    role = name("role")
    arn = IAM.create_role(
        RoleName=role,
        AssumeRolePolicyDocument=trust(user_arn, Condition={"StringEquals": {"sts:ExternalId": "42"}}),
        Tags=[{"Key": "team", "Value": "cats"}],
    )["Role"]["Arn"]
    sts = of("sts", key)
    fails("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="me")
    fails("AccessDenied", sts.assume_role, RoleArn=arn + "x", RoleSessionName="me", ExternalId="42")
    fails("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="42", DurationSeconds=7200)
    assumed = sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="42")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me"
    s3 = of("s3", assumed["Credentials"])
    who = of("sts", assumed["Credentials"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me", who
    assert who["UserId"].startswith("AROA") and who["UserId"].endswith(":me"), who
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")
    IAM.put_role_policy(
        RoleName=role,
        PolicyName="read",
        PolicyDocument=policy(
            ("Allow", "s3:*", "*", {"StringEquals": {"aws:PrincipalTag/team": "cats"}}),
        ),
    )
    s3.get_object(Bucket=bucket, Key="a/one")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/one"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"one"
    IAM.untag_role(RoleName=role, TagKeys=["TEAM"])
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")
    IAM.tag_role(RoleName=role, Tags=[{"Key": "team", "Value": "cats"}])
    s3.get_object(Bucket=bucket, Key="a/one")
    token = dict(assumed["Credentials"], SessionToken=assumed["Credentials"]["SessionToken"][:-4] + "AAAA")
    fails("InvalidToken", of("s3", token).list_buckets)
    none = dict(assumed["Credentials"])
    del none["SessionToken"]
    fails("InvalidAccessKeyId", of("s3", none).list_buckets)
    limited = sts.assume_role(
        RoleArn=arn,
        RoleSessionName="me",
        ExternalId="42",
        Policy=policy(("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/b*")),
    )
    fails("AccessDenied", of("s3", limited["Credentials"]).get_object, Bucket=bucket, Key="a/one")
    IAM.delete_role_policy(RoleName=role, PolicyName="read")
    IAM.delete_role(RoleName=role)
    fails("InvalidToken", s3.get_object, Bucket=bucket, Key="a/one")


@check
def bucket_policies_know_users_and_sessions():
    bucket = new_bucket()
    user, key = new_user()
    s3 = of("s3", key)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    S3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.get_object(Bucket=bucket, Key="a/one")
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="b", Body=b"")
    S3.delete_bucket_policy(Bucket=bucket)
    fails("AccessDenied", s3.get_object, Bucket=bucket, Key="a/one")


@check
def a_session_of_a_user_ends_with_its_key():
    user, key = new_user()
    IAM.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    credentials = of("sts", key).get_session_token(DurationSeconds=900)["Credentials"]
    s3 = of("s3", credentials)
    s3.list_buckets()
    who = of("sts", credentials).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{user}", who
    fails("InvalidClientTokenId", of("iam", credentials).get_user)
    fails("AccessDenied", of("sts", credentials).get_session_token)
    IAM.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    fails("InvalidToken", s3.list_buckets)


@check
def federated_users_have_what_both_policies_say():
    bucket = new_bucket()
    user, key = new_user()
    sts = of("sts", key)
    fails("AccessDenied", sts.get_federation_token, Name="bob")
    IAM.put_user_policy(
        UserName=user,
        PolicyName="p",
        PolicyDocument=policy(("Allow", ["s3:GetObject", "sts:GetFederationToken"], "*")),
    )
    none = sts.get_federation_token(Name="bob")["Credentials"]
    fails("AccessDenied", of("s3", none).get_object, Bucket=bucket, Key="a/one")
    both = sts.get_federation_token(Name="bob", Policy=policy(("Allow", "s3:*", "*")))
    assert both["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    s3 = of("s3", both["Credentials"])
    s3.get_object(Bucket=bucket, Key="a/one")
    fails("AccessDenied", s3.put_object, Bucket=bucket, Key="b", Body=b"")
    fails("InvalidClientTokenId", of("iam", both["Credentials"]).get_user)


@check
def users_need_rights_for_iam_too():
    user, key = new_user()
    iam = of("iam", key)
    error = fails("AccessDenied", iam.list_users)
    assert "iam:ListUsers" in str(error) and user in str(error)
    IAM.put_user_policy(
        UserName=user,
        PolicyName="self",
        PolicyDocument=policy(("Allow", ["iam:GetUser", "iam:*AccessKey*"], f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")),
    )
    assert iam.get_user()["User"]["UserName"] == user
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 1
    fails("AccessDenied", iam.create_access_key, UserName=new_user()[0])


@check
def what_terraform_reads_back_is_there():
    role = name("role")
    IAM.create_role(RoleName=role, AssumeRolePolicyDocument=trust(ACCOUNT), Description="d", MaxSessionDuration=7200)
    read = IAM.get_role(RoleName=role)["Role"]
    assert read["MaxSessionDuration"] == 7200 and read["Description"] == "d"
    assert read["AssumeRolePolicyDocument"] == json.loads(trust(ACCOUNT))
    assert IAM.list_role_policies(RoleName=role)["PolicyNames"] == []
    assert IAM.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert IAM.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    user, _ = new_user(Tags=[{"Key": "a", "Value": "b"}])
    assert IAM.list_user_tags(UserName=user)["Tags"] == [{"Key": "a", "Value": "b"}]
    for call in (IAM.list_mfa_devices, IAM.list_signing_certificates, IAM.list_ssh_public_keys,
                 IAM.list_service_specific_credentials):
        call(UserName=user)
    fails("NoSuchEntity", IAM.get_login_profile, UserName=user)
    assert IAM.list_account_aliases()["AccountAliases"] == []
    assert IAM.get_account_summary()["SummaryMap"]["Users"] > 0
    names = [user["UserName"] for page in IAM.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
             for user in page["Users"]]
    assert names == sorted(names, key=str.lower) and user in names
    IAM.update_user(UserName=user, NewUserName=user + "x", NewPath="/moved/")
    assert IAM.get_user(UserName=user + "x")["User"]["Arn"].endswith(f":user/moved/{user}x")
    fails("NoSuchEntity", IAM.get_user, UserName=user)
    fails("MalformedPolicyDocument", IAM.put_user_policy, UserName=user + "x", PolicyName="p", PolicyDocument="{")
    fails("ValidationError", IAM.create_user, UserName="a b")
    fails("EntityAlreadyExists", IAM.create_role, RoleName=role.upper(), AssumeRolePolicyDocument=trust(ACCOUNT))


@check
def made_used_and_revoked_as_terraform_would():
    """Every way in that was given is shut by what takes it back, and from the next request on."""
    bucket = new_bucket()
    user, key = new_user()
    user_arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    role = name("role")
    role_arn = IAM.create_role(RoleName=role, AssumeRolePolicyDocument=trust(user_arn))["Role"]["Arn"]
    policy_arn = IAM.create_policy(
        PolicyName=name("p"), PolicyDocument=policy(("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    )["Policy"]["Arn"]
    get = dict(Bucket=bucket, Key="a/one")

    # The policy of the role, while it is attached.
    s3 = of("s3", of("sts", key).assume_role(RoleArn=role_arn, RoleSessionName="me")["Credentials"])
    fails("AccessDenied", s3.get_object, **get)
    IAM.attach_role_policy(RoleName=role, PolicyArn=policy_arn)
    s3.get_object(**get)
    IAM.detach_role_policy(RoleName=role, PolicyArn=policy_arn)
    fails("AccessDenied", s3.get_object, **get)
    IAM.attach_role_policy(RoleName=role, PolicyArn=policy_arn)
    s3.get_object(**get)
    # Sessions of before a time, denied as the console does it.
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    older = {"DateLessThan": {"aws:TokenIssueTime": now}}
    IAM.put_role_policy(RoleName=role, PolicyName="revoke", PolicyDocument=policy(("Deny", "*", "*", older)))
    fails("AccessDenied", s3.get_object, **get)
    IAM.delete_role_policy(RoleName=role, PolicyName="revoke")
    s3.get_object(**get)
    # Trust, taken away: no new session; those that there are go on, as on AWS.
    IAM.update_assume_role_policy(RoleName=role, PolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root", Condition={"StringEquals": {"aws:username": "nobody"}}))
    fails("AccessDenied", of("sts", key).assume_role, RoleArn=role_arn, RoleSessionName="me")
    s3.get_object(**get)
    # The key of the user: its own requests, and its own session.
    IAM.attach_user_policy(UserName=user, PolicyArn=policy_arn)
    own, session = of("s3", key), of("s3", of("sts", key).get_session_token()["Credentials"])
    own.get_object(**get)
    session.get_object(**get)
    IAM.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    fails("InvalidAccessKeyId", own.get_object, **get)
    fails("InvalidToken", session.get_object, **get)
    # The role itself, in the order in which Terraform destroys.
    IAM.detach_role_policy(RoleName=role, PolicyArn=policy_arn)
    assert IAM.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    IAM.delete_role(RoleName=role)
    fails("InvalidToken", s3.get_object, **get)
    fails("NoSuchEntity", IAM.delete_login_profile, UserName=user)
    IAM.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    IAM.detach_user_policy(UserName=user, PolicyArn=policy_arn)
    IAM.delete_user(UserName=user)
    IAM.delete_policy(PolicyArn=policy_arn)
    fails("NoSuchEntity", IAM.get_user, UserName=user)
    # A new user of the same name has nothing of the old one.
    IAM.create_user(UserName=user)
    assert IAM.list_attached_user_policies(UserName=user)["AttachedPolicies"] == []
    IAM.delete_user(UserName=user)


@check
def a_session_with_a_second_factor():
    bucket = new_bucket()
    user, key = new_user()
    phone = Phone(user)
    sts, get = of("sts", key), dict(Bucket=bucket, Key="a/one")
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}
    IAM.put_user_policy(
        UserName=user, PolicyName="p", PolicyDocument=policy(("Allow", ["s3:GetObject", "iam:GetUser"], "*", present))
    )
    fails("AccessDenied", of("s3", key).get_object, **get)
    fails("AccessDenied", of("s3", sts.get_session_token()["Credentials"]).get_object, **get)
    code = phone.code()
    made = sts.get_session_token(SerialNumber=phone.serial, TokenCode=code)["Credentials"]
    assert of("s3", made).get_object(**get)["Body"].read() == b"one"
    assert of("iam", made).get_user(UserName=user)["User"]["UserName"] == user
    for arguments in (
        dict(SerialNumber=phone.serial, TokenCode=code),
        dict(SerialNumber=phone.serial + "x", TokenCode=phone.code()),
        dict(SerialNumber=phone.serial),
    ):
        error = fails("AccessDenied", sts.get_session_token, **arguments)
        assert "MultiFactorAuthentication failed" in str(error), error
    role = name("role")
    arn = IAM.create_role(
        RoleName=role,
        AssumeRolePolicyDocument=trust(
            f"arn:aws:iam::{ACCOUNT}:user/{user}", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        ),
    )["Role"]["Arn"]
    fails("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="me")
    sts.assume_role(RoleArn=arn, RoleSessionName="me", SerialNumber=phone.serial, TokenCode=phone.code())
    of("sts", made).assume_role(RoleArn=arn, RoleSessionName="me")
    assert [device["SerialNumber"] for device in IAM.list_mfa_devices(UserName=user)["MFADevices"]] == [phone.serial]
    devices = [page["VirtualMFADevices"] for page in IAM.get_paginator("list_virtual_mfa_devices").paginate()]
    assert any(device["SerialNumber"] == phone.serial and device["User"]["UserName"] == user for page in devices for device in page)
    IAM.tag_mfa_device(SerialNumber=phone.serial, Tags=[{"Key": "a", "Value": "b"}])
    assert IAM.list_mfa_device_tags(SerialNumber=phone.serial)["Tags"] == [{"Key": "a", "Value": "b"}]
    IAM.deactivate_mfa_device(UserName=user, SerialNumber=phone.serial)
    fails("AccessDenied", sts.get_session_token, SerialNumber=phone.serial, TokenCode=phone.code())
    IAM.delete_virtual_mfa_device(SerialNumber=phone.serial)


@check
def an_account_is_seen_as_a_whole():
    user, key = new_user()
    IAM.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    of("s3", key).list_buckets()
    pages = IAM.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 3})
    users = {detail["UserName"]: detail for page in pages for detail in page["UserDetailList"]}
    assert users[user]["AttachedManagedPolicies"][0]["PolicyName"] == "AmazonS3FullAccess", users[user]
    only = IAM.get_account_authorization_details(Filter=["LocalManagedPolicy"])
    assert only["UserDetailList"] == [] and all("iam::aws:" not in own["Arn"] for own in only["Policies"])
    assert IAM.generate_credential_report()["State"] == "COMPLETE"
    report = IAM.get_credential_report()["Content"].decode()
    lines = {line["user"]: line for line in csv.DictReader(report.splitlines())}
    assert lines[user]["access_key_1_active"] == "true" and lines[user]["access_key_1_last_used_service"] == "s3"
    assert lines[user]["mfa_active"] == "false" and "<root_account>" in lines
    alias = name("alias")
    IAM.create_account_alias(AccountAlias=alias)
    assert IAM.list_account_aliases()["AccountAliases"] == [alias]
    IAM.delete_account_alias(AccountAlias=alias)
    assert IAM.list_account_aliases()["AccountAliases"] == []
    fails("NoSuchEntity", IAM.get_account_password_policy)
    summary = IAM.get_account_summary()["SummaryMap"]
    assert summary["Users"] > 0 and summary["MFADevices"] >= summary["MFADevicesInUse"], summary


@check
def policies_are_simulated():
    user, _ = new_user()
    arn = IAM.get_user(UserName=user)["User"]["Arn"]
    resource = "arn:aws:s3:::photos/cat.jpg"

    def decisions(**more):
        pages = IAM.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=[resource], **more
        )
        return {own["EvalActionName"]: own for page in pages for own in page["EvaluationResults"]}

    assert {own["EvalDecision"] for own in decisions().values()} == {"implicitDeny"}
    office = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    IAM.put_user_policy(
        UserName=user, PolicyName="read", PolicyDocument=policy(("Allow", "s3:GetObject", resource, office))
    )
    assert decisions()["s3:GetObject"]["MissingContextValues"] == ["aws:SourceIp"]
    entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.1.2.3"], "ContextKeyType": "ip"}
    found = decisions(ContextEntries=[entry])
    assert found["s3:GetObject"]["EvalDecision"] == "allowed"
    assert found["s3:GetObject"]["MatchedStatements"][0]["SourcePolicyId"].endswith("_read")
    assert found["s3:PutObject"]["EvalDecision"] == "implicitDeny"
    keys = IAM.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert keys == ["aws:SourceIp"]
    deny = policy(("Deny", "s3:*", "*"))
    denied = IAM.simulate_custom_policy(PolicyInputList=[deny], ActionNames=["s3:GetObject"])
    assert denied["EvaluationResults"][0]["EvalDecision"] == "explicitDeny" and not denied["IsTruncated"]
    assert IAM.get_context_keys_for_custom_policy(PolicyInputList=[deny])["ContextKeyNames"] == []
    fails("NoSuchEntity", IAM.simulate_principal_policy, PolicySourceArn=arn + "x", ActionNames=["s3:GetObject"])
    fails("InvalidInput", IAM.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"])


@check
def a_root_user_is_one():
    assert IAM.get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    session = STS.get_session_token(DurationSeconds=900)["Credentials"]
    assert of("sts", session).get_caller_identity()["Arn"].endswith(":root")
    of("s3", session).list_buckets()
    assert session["Expiration"].timestamp() - time.time() < 901


sys.exit(checks.run("iam", CHECKS))
