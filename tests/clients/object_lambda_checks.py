"""Object Lambda access points through boto3. Each function is one check; its name says what must hold."""

import json
import os
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

ENDPOINT, BUCKET = sys.argv[1], sys.argv[2]
ACCOUNT, NAME = "000000000001", "redacted-%d" % os.getpid()
ARN = "arn:aws:s3-object-lambda:us-east-1:%s:accesspoint/%s" % (ACCOUNT, NAME)
SUPPORTING = "arn:aws:s3:us-east-1:%s:accesspoint/%s" % (ACCOUNT, NAME)
FUNCTION = "arn:aws:lambda:us-east-1:%s:function:nobody-deployed-it" % ACCOUNT
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


def configuration(*actions, **more):
    content = {"AwsLambda": {"FunctionArn": FUNCTION, "FunctionPayload": json.dumps({"level": 2})}}
    transformation = {"Actions": list(actions), "ContentTransformation": content}
    return {"SupportingAccessPoint": SUPPORTING, "TransformationConfigurations": [transformation], **more}


def it_is_made_in_front_of_an_access_point():
    s3.create_bucket(Bucket=BUCKET)
    control.create_access_point(**OWN, Bucket=BUCKET)
    made = control.create_access_point_for_object_lambda(**OWN, Configuration=configuration("ListObjects"))
    assert made["ObjectLambdaAccessPointArn"] == ARN and made["Alias"]["Status"] == "READY"
    known["alias"] = made["Alias"]["Value"]
    assert known["alias"].endswith("--ol-s3")
    shown = control.get_access_point_for_object_lambda(**OWN)
    assert (shown["Name"], shown["Alias"]) == (NAME, made["Alias"])
    assert all(shown["PublicAccessBlockConfiguration"].values()) and shown["CreationDate"].year > 2000
    listed = control.list_access_points_for_object_lambda(AccountId=ACCOUNT)["ObjectLambdaAccessPointList"]
    assert ARN in [point["ObjectLambdaAccessPointArn"] for point in listed]


def a_configuration_is_replaced():
    more = {"CloudWatchMetricsEnabled": True, "AllowedFeatures": ["GetObject-Range", "HeadObject-PartNumber"]}
    wanted = configuration("ListObjects", "ListObjectsV2", **more)
    control.put_access_point_configuration_for_object_lambda(**OWN, Configuration=wanted)
    assert control.get_access_point_configuration_for_object_lambda(**OWN)["Configuration"] == wanted
    control.put_access_point_configuration_for_object_lambda(**OWN, Configuration=configuration("ListObjects"))
    other = configuration("ListObjects", SupportingAccessPoint=SUPPORTING + "-2")
    assert refusal(control.put_access_point_configuration_for_object_lambda, **OWN, Configuration=other) == "NoSuchAccessPoint"


def what_is_not_transformed_passes_by_alias_and_by_arn():
    body = os.urandom(100_000)
    for name in [known["alias"], ARN]:
        s3.put_object(Bucket=name, Key="dir/a b", Body=body)
        assert s3.get_object(Bucket=name, Key="dir/a b")["Body"].read() == body
        assert s3.head_object(Bucket=name, Key="dir/a b")["ContentLength"] == 100_000
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"]] == ["dir/a b"]
        part = s3.get_object(Bucket=name, Key="dir/a b", Range="bytes=0-9")["Body"].read()
        assert part == body[:10]
        url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "dir/a b"}, ExpiresIn=60)
        assert urllib.request.urlopen(url).read() == body
        s3.delete_object(Bucket=name, Key="dir/a b")
    s3.put_object(Bucket=BUCKET, Key="cat", Body=b"a picture of a cat")
    source = {"Bucket": known["alias"], "Key": "cat"}
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="copy", CopySource=source) == "MethodNotAllowed"


def what_is_transformed_takes_a_function():
    control.put_access_point_configuration_for_object_lambda(**OWN, Configuration=configuration("GetObject"))
    for name in [known["alias"], ARN]:
        assert refusal(s3.get_object, Bucket=name, Key="cat") == "LambdaNotFound"
        assert refusal(s3.get_object, Bucket=name, Key="cat", Range="bytes=0-1") != "AccessDenied"


def a_policy_denies_by_it_alone():
    control.put_access_point_configuration_for_object_lambda(**OWN, Configuration=configuration("ListObjects"))
    assert refusal(control.get_access_point_policy_for_object_lambda, **OWN) == "NoSuchAccessPointPolicy"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3-object-lambda:GetObject", "Resource": ARN}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    control.put_access_point_policy_for_object_lambda(**OWN, Policy=policy)
    assert control.get_access_point_policy_for_object_lambda(**OWN)["Policy"] == policy
    assert not control.get_access_point_policy_status_for_object_lambda(**OWN)["PolicyStatus"]["IsPublic"]
    assert refusal(s3.get_object, Bucket=ARN, Key="cat") == "AccessDenied"
    s3.get_object(Bucket=SUPPORTING, Key="cat")
    control.delete_access_point_policy_for_object_lambda(**OWN)
    s3.get_object(Bucket=ARN, Key="cat")


def it_is_deleted():
    control.delete_access_point_for_object_lambda(**OWN)
    assert refusal(control.get_access_point_for_object_lambda, **OWN) == "NoSuchAccessPoint"
    s3.delete_object(Bucket=SUPPORTING, Key="cat")
    control.delete_access_point(**OWN)
    s3.delete_bucket(Bucket=BUCKET)


CHECKS = [check for name, check in list(globals().items()) if getattr(check, "__module__", "") == "__main__" and name not in ("refusal", "configuration")]

if __name__ == "__main__":
    sys.exit(checks.run("Object Lambda access points", CHECKS))
