"""Access points through boto3. Each function is one check; its name says what must hold."""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

ENDPOINT, BUCKET = sys.argv[1], sys.argv[2]
ACCOUNT, NAME = "000000000001", "reports-%d" % os.getpid()
ARN = "arn:aws:s3:us-east-1:%s:accesspoint/%s" % (ACCOUNT, NAME)
CONFIG = Config(retries={"max_attempts": 2})
s3 = boto3.client("s3", endpoint_url=ENDPOINT, config=CONFIG)
control = boto3.client("s3control", endpoint_url=ENDPOINT, config=CONFIG)
OWN = {"AccountId": ACCOUNT, "Name": NAME}
known = {}


def refusal(call, **arguments):
    """The code with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


def an_access_point_is_made_and_shown():
    s3.create_bucket(Bucket=BUCKET)
    made = control.create_access_point(**OWN, Bucket=BUCKET, Tags=[{"Key": "team", "Value": "blue"}])
    assert made["AccessPointArn"] == ARN and made["Alias"].endswith("-s3alias")
    known["alias"] = made["Alias"]
    shown = control.get_access_point(**OWN)
    assert (shown["Bucket"], shown["NetworkOrigin"], shown["Alias"]) == (BUCKET, "Internet", made["Alias"])
    assert all(shown["PublicAccessBlockConfiguration"].values()) and shown["CreationDate"].year > 2000
    listed = control.list_access_points(AccountId=ACCOUNT, Bucket=BUCKET)["AccessPointList"]
    assert [point["Name"] for point in listed] == [NAME]
    assert refusal(control.create_access_point, **OWN, Bucket=BUCKET) == "AccessPointAlreadyOwnedByYou"


def objects_go_by_alias_and_by_arn():
    body = os.urandom(100_000)
    s3.put_object(Bucket=known["alias"], Key="dir/a b", Body=body)
    for name in [known["alias"], ARN, BUCKET]:
        assert s3.get_object(Bucket=name, Key="dir/a b")["Body"].read() == body
        listed = s3.list_objects_v2(Bucket=name)
        assert [entry["Key"] for entry in listed["Contents"]] == ["dir/a b"] and listed["Name"] == BUCKET
    assert s3.head_bucket(Bucket=known["alias"])["AccessPointAlias"]
    s3.put_object(Bucket=ARN, Key="by-arn", Body=b"x")
    s3.delete_object(Bucket=ARN, Key="by-arn")
    assert refusal(s3.get_bucket_versioning, Bucket=known["alias"]) == "MethodNotAllowed"


def copies_name_their_source_by_arn_and_alias():
    for source in [{"Bucket": ARN, "Key": "dir/a b"}, {"Bucket": known["alias"], "Key": "dir/a b"}]:
        s3.copy_object(Bucket=ARN, Key="copy", CopySource=source)
        assert s3.head_object(Bucket=BUCKET, Key="copy")["ContentLength"] == 100_000


def uploads_in_parts_go_by_arn():
    upload = s3.create_multipart_upload(Bucket=ARN, Key="parts")
    assert upload["Bucket"] == BUCKET
    names = {"Bucket": ARN, "Key": "parts", "UploadId": upload["UploadId"]}
    etag = s3.upload_part(**names, PartNumber=1, Body=b"all of it")["ETag"]
    s3.complete_multipart_upload(**names, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == b"all of it"


def a_policy_denies_by_the_access_point_alone():
    assert refusal(control.get_access_point_policy, **OWN) == "NoSuchAccessPointPolicy"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": ARN + "/object/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    control.put_access_point_policy(**OWN, Policy=policy)
    assert control.get_access_point_policy(**OWN)["Policy"] == policy
    assert not control.get_access_point_policy_status(**OWN)["PolicyStatus"]["IsPublic"]
    assert refusal(s3.get_object, Bucket=ARN, Key="copy") == "AccessDenied"
    s3.get_object(Bucket=BUCKET, Key="copy")
    control.delete_access_point_policy(**OWN)
    s3.get_object(Bucket=ARN, Key="copy")


def tags_are_added_and_removed():
    tags = {"AccountId": ACCOUNT, "ResourceArn": ARN}
    control.tag_resource(**tags, Tags=[{"Key": "unit", "Value": "a/b"}])
    assert len(control.list_tags_for_resource(**tags)["Tags"]) == 2
    control.untag_resource(**tags, TagKeys=["team", "unit"])
    assert control.list_tags_for_resource(**tags).get("Tags", []) == []


def it_is_deleted_before_its_bucket():
    for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=ARN, Key=entry["Key"])
    assert refusal(s3.delete_bucket, Bucket=BUCKET) == "BucketHasAccessPointsAttached"
    control.delete_access_point(**OWN)
    assert refusal(control.get_access_point, **OWN) == "NoSuchAccessPoint"
    s3.delete_bucket(Bucket=BUCKET)


CHECKS = [check for name, check in list(globals().items()) if getattr(check, "__module__", "") == "__main__" and name != "refusal"]

if __name__ == "__main__":
    sys.exit(checks.run("access points", CHECKS))
