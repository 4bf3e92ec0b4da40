"""What Terraform's AWS provider asks for functions and access points. Each function is one check.

A resource is made, read, changed and destroyed by the calls of the provider, in its order. What is read has to be what
was written, and the same each time: that is an empty plan.
"""

import base64
import hashlib
import io
import json
import os
import sys
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

ENDPOINT, COMPONENT, BUCKET = sys.argv[1:]
ACCOUNT, REGION = "000000000001", "us-east-1"
NAME = "tf-%d" % os.getpid()
ROLE = "arn:aws:iam::%s:role/none" % ACCOUNT
FUNCTION = "arn:aws:lambda:%s:%s:function:%s" % (REGION, ACCOUNT, NAME)
POINT = "arn:aws:s3:%s:%s:accesspoint/%s" % (REGION, ACCOUNT, NAME)
OBJECT_LAMBDA = "arn:aws:s3-object-lambda:%s:%s:accesspoint/%s" % (REGION, ACCOUNT, NAME)


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT, config=Config(retries={"max_attempts": 2}, read_timeout=100))


s3, control, functions = client("s3"), client("s3control"), client("lambda")
sts, iam = client("sts"), client("iam")


def package(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("transform.wasm", content)
    return out.getvalue()


with open(COMPONENT, "rb") as file:
    PACKAGE = package(file.read())


def read(call, **arguments):
    """A response without what each response has of its own; the code of a refusal."""
    try:
        response = call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    response.pop("ResponseMetadata")
    return response


def same_twice(reads):
    """What the provider reads, which has to be the same when it looks again."""
    first = [read(call, **arguments) for call, arguments in reads]
    second = [read(call, **arguments) for call, arguments in reads]
    assert first == second, (first, second)
    return first


def the_provider_finds_its_account():
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    s3.create_bucket(Bucket=BUCKET)


def function_reads():
    return same_twice([
        (functions.get_function, dict(FunctionName=NAME)),
        (functions.list_versions_by_function, dict(FunctionName=NAME, MaxItems=10000)),
        (functions.get_function_code_signing_config, dict(FunctionName=NAME)),
        (functions.list_tags, dict(Resource=FUNCTION)),
        (functions.get_function_concurrency, dict(FunctionName=NAME)),
    ])


def aws_lambda_function():
    wanted = dict(Runtime="provided.al2023", Handler="transform", Role=ROLE, MemorySize=256, Timeout=5,
                  Description="upper case", Architectures=["x86_64"])
    functions.create_function(
        FunctionName=NAME, Code={"ZipFile": PACKAGE}, Publish=True, PackageType="Zip", Tags={"team": "blue"},
        EphemeralStorage={"Size": 512}, TracingConfig={"Mode": "PassThrough"}, SnapStart={"ApplyOn": "None"},
        LoggingConfig={"LogFormat": "Text"}, Environment={"Variables": {"PORTCULLIS_VARY": "query:w"}}, **wanted)
    functions.get_waiter("function_active_v2").wait(FunctionName=NAME)
    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=4)
    shown, versions, _, tags, concurrency = function_reads()
    own = shown["Configuration"]
    assert {name: own[name] for name in wanted} == wanted, own
    assert own["CodeSha256"] == base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()
    assert own["PackageType"] == "Zip" and own["LastUpdateStatus"] == "Successful"
    assert own["Environment"]["Variables"] == {"PORTCULLIS_VARY": "query:w"}
    assert shown["Concurrency"] == concurrency == {"ReservedConcurrentExecutions": 4}
    assert [version["Version"] for version in versions["Versions"]] == ["$LATEST", "1"]
    assert shown["Tags"] == tags["Tags"] == {"team": "blue"}
    # A change of settings, of code, of tags.
    functions.update_function_configuration(FunctionName=NAME, Timeout=6)
    functions.get_waiter("function_updated_v2").wait(FunctionName=NAME)
    functions.update_function_code(FunctionName=NAME, ZipFile=PACKAGE, Architectures=["x86_64"])
    functions.get_waiter("function_updated_v2").wait(FunctionName=NAME)
    functions.publish_version(FunctionName=NAME)
    functions.untag_resource(Resource=FUNCTION, TagKeys=["team"])
    functions.tag_resource(Resource=FUNCTION, Tags={"team": "red"})
    functions.delete_function_concurrency(FunctionName=NAME)
    shown, versions, _, _, _ = function_reads()
    assert shown["Configuration"]["Timeout"] == 6 and shown["Tags"] == {"team": "red"}
    assert [version["Version"] for version in versions["Versions"]] == ["$LATEST", "1", "2"]


def aws_lambda_alias():
    functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1", Description="")
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="2", Description="", RoutingConfig={})
    [alias] = same_twice([(functions.get_alias, dict(FunctionName=NAME, Name="live"))])
    assert (alias["AliasArn"], alias["FunctionVersion"]) == (FUNCTION + ":live", "2")


def aws_lambda_permission():
    for qualifier in ({}, {"Qualifier": "live"}):
        functions.add_permission(FunctionName=NAME, StatementId="other", Action="lambda:InvokeFunction",
                                 Principal="000000000002", **qualifier)
        [policy] = same_twice([(functions.get_policy, dict(FunctionName=NAME, **qualifier))])
        [statement] = json.loads(policy["Policy"])["Statement"]
        assert statement["Sid"] == "other" and statement["Action"] == "lambda:InvokeFunction"
        assert statement["Resource"] == FUNCTION + (":live" if qualifier else "")
        assert statement["Principal"] == {"AWS": "arn:aws:iam::000000000002:root"}
        functions.remove_permission(FunctionName=NAME, StatementId="other", **qualifier)
        assert read(functions.get_policy, FunctionName=NAME, **qualifier) == "ResourceNotFoundException"


def allows(action, arn):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000002:root"}, "Action": action,
        "Resource": arn}]})


def aws_s3_access_point():
    control.create_access_point(
        AccountId=ACCOUNT, Name=NAME, Bucket=BUCKET, BucketAccountId=ACCOUNT, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    reads = [
        (control.get_access_point, dict(AccountId=ACCOUNT, Name=NAME)),
        (control.get_access_point_policy, dict(AccountId=ACCOUNT, Name=NAME)),
        (control.get_access_point_policy_status, dict(AccountId=ACCOUNT, Name=NAME)),
        (control.list_tags_for_resource, dict(AccountId=ACCOUNT, ResourceArn=POINT)),
    ]
    point, policy, status, tags = same_twice(reads)
    assert (point["AccessPointArn"], point["Bucket"], point["NetworkOrigin"]) == (POINT, BUCKET, "Internet")
    assert all(point["PublicAccessBlockConfiguration"].values()) and "s3-accesspoint" in str(point["Endpoints"])
    assert policy == status == "NoSuchAccessPointPolicy" and tags["Tags"] == []
    text = allows("s3:GetObject", POINT + "/object/*")
    control.put_access_point_policy(AccountId=ACCOUNT, Name=NAME, Policy=text)
    control.tag_resource(AccountId=ACCOUNT, ResourceArn=POINT, Tags=[{"Key": "team", "Value": "blue"}])
    _, policy, status, tags = same_twice(reads)
    assert json.loads(policy["Policy"]) == json.loads(text) and status["PolicyStatus"] == {"IsPublic": False}
    assert tags["Tags"] == [{"Key": "team", "Value": "blue"}]
    control.delete_access_point_policy(AccountId=ACCOUNT, Name=NAME)


def aws_s3control_object_lambda_access_point():
    def configuration(action):
        return {
            "SupportingAccessPoint": POINT, "CloudWatchMetricsEnabled": False, "AllowedFeatures": [],
            "TransformationConfigurations": [{"Actions": [action], "ContentTransformation": {"AwsLambda": {
                "FunctionArn": FUNCTION + ":live", "FunctionPayload": "{}"}}}]}

    control.create_access_point_for_object_lambda(AccountId=ACCOUNT, Name=NAME, Configuration=configuration("GetObject"))
    reads = [
        (control.get_access_point_configuration_for_object_lambda, dict(AccountId=ACCOUNT, Name=NAME)),
        (control.get_access_point_for_object_lambda, dict(AccountId=ACCOUNT, Name=NAME)),
    ]
    written, point = same_twice(reads)
    assert written["Configuration"] == configuration("GetObject"), written
    assert point["Alias"]["Status"] == "READY"
    s3.put_object(Bucket=BUCKET, Key="a.txt", Body=b"hello")
    assert s3.get_object(Bucket=point["Alias"]["Value"], Key="a.txt")["Body"].read() == b"HELLO"
    s3.delete_object(Bucket=BUCKET, Key="a.txt")
    control.put_access_point_configuration_for_object_lambda(
        AccountId=ACCOUNT, Name=NAME, Configuration=configuration("HeadObject"))
    assert same_twice(reads)[0]["Configuration"] == configuration("HeadObject")


def aws_s3control_object_lambda_access_point_policy():
    text = allows("s3-object-lambda:GetObject", OBJECT_LAMBDA)
    control.put_access_point_policy_for_object_lambda(AccountId=ACCOUNT, Name=NAME, Policy=text)
    policy, status = same_twice([
        (control.get_access_point_policy_for_object_lambda, dict(AccountId=ACCOUNT, Name=NAME)),
        (control.get_access_point_policy_status_for_object_lambda, dict(AccountId=ACCOUNT, Name=NAME)),
    ])
    assert json.loads(policy["Policy"]) == json.loads(text) and status["PolicyStatus"] == {"IsPublic": False}
    control.delete_access_point_policy_for_object_lambda(AccountId=ACCOUNT, Name=NAME)
    gone = read(control.get_access_point_policy_for_object_lambda, AccountId=ACCOUNT, Name=NAME)
    assert gone == "NoSuchAccessPointPolicy", gone


def all_of_it_is_destroyed():
    control.delete_access_point_for_object_lambda(AccountId=ACCOUNT, Name=NAME)
    assert read(control.get_access_point_for_object_lambda, AccountId=ACCOUNT, Name=NAME) == "NoSuchAccessPoint"
    control.delete_access_point(AccountId=ACCOUNT, Name=NAME)
    assert read(control.get_access_point, AccountId=ACCOUNT, Name=NAME) == "NoSuchAccessPoint"
    functions.delete_alias(FunctionName=NAME, Name="live")
    assert read(functions.get_alias, FunctionName=NAME, Name="live") == "ResourceNotFoundException"
    functions.delete_function(FunctionName=NAME)
    assert read(functions.get_function, FunctionName=NAME) == "ResourceNotFoundException"
    s3.delete_bucket(Bucket=BUCKET)


OTHER = ("client", "package", "read", "same_twice", "function_reads", "allows")
CHECKS = [check for name, check in list(globals().items())
          if getattr(check, "__module__", "") == "__main__" and name not in OTHER]

if __name__ == "__main__":
    sys.exit(checks.run("terraform", CHECKS))
