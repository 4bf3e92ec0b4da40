"""Functions through boto3. Each function is one check; its name says what must hold."""

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

ENDPOINT, COMPONENT = sys.argv[1], sys.argv[2]
NAME = "redact-%d" % os.getpid()
ROLE = "arn:aws:iam::000000000000:role/none"
functions = boto3.client("lambda", endpoint_url=ENDPOINT, config=Config(retries={"max_attempts": 2}, read_timeout=100))
with open(COMPONENT, "rb") as file:
    component = file.read()


def package(name, content):
    """A .zip file with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


PACKAGE = package("transform.wasm", component)


def refusal(call, **arguments):
    """Code and status with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("it was not refused")


def a_function_is_made_and_shown():
    made = functions.create_function(
        FunctionName=NAME, Runtime="provided.al2023", Handler="transform", Role=ROLE, Code={"ZipFile": PACKAGE},
        Environment={"Variables": {"TOKEN": "hush", "PORTCULLIS_VARY": "query:w"}}, Timeout=5, Tags={"team": "blue"})
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()
    assert (made["CodeSize"], made["Version"], made["State"]) == (len(PACKAGE), "$LATEST", "Active")
    assert made["Environment"]["Variables"] == {"TOKEN": "***", "PORTCULLIS_VARY": "query:w"}
    functions.get_waiter("function_active_v2").wait(FunctionName=NAME)
    shown = functions.get_function(FunctionName=made["FunctionArn"])
    assert shown["Configuration"]["RevisionId"] == made["RevisionId"] and shown["Tags"] == {"team": "blue"}


def what_is_no_package_is_refused():
    for bytes in (b"no zip", component, package("index.js", b""), package("a.wasm", b"no component")):
        came = refusal(functions.update_function_code, FunctionName=NAME, ZipFile=bytes)
        assert came == ("InvalidParameterValueException", 400), came
    taken = dict(FunctionName=NAME, Runtime="provided.al2023", Handler="transform", Role=ROLE, Code={"ZipFile": PACKAGE})
    assert refusal(functions.create_function, **taken) == ("ResourceConflictException", 409)
    assert refusal(functions.get_function, FunctionName="none") == ("ResourceNotFoundException", 404)


def versions_and_aliases():
    assert functions.publish_version(FunctionName=NAME)["Version"] == "1"
    assert functions.publish_version(FunctionName=NAME)["Version"] == "1"
    functions.update_function_configuration(FunctionName=NAME, Timeout=6)
    assert functions.publish_version(FunctionName=NAME)["Version"] == "2"
    versions = [version["Version"] for page in functions.get_paginator("list_versions_by_function").paginate(
        FunctionName=NAME, PaginationConfig={"PageSize": 1}) for version in page["Versions"]]
    assert versions == ["$LATEST", "1", "2"], versions
    alias = functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    assert functions.get_function(FunctionName=NAME, Qualifier="live")["Configuration"]["Timeout"] == 5
    stale = dict(FunctionName=NAME, Name="live", FunctionVersion="2", RevisionId="stale")
    assert refusal(functions.update_alias, **stale) == ("PreconditionFailedException", 412)
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="2", RevisionId=alias["RevisionId"])
    assert refusal(functions.delete_function, FunctionName=NAME, Qualifier="2") == ("ResourceConflictException", 409)


def a_policy_is_written_statement_by_statement():
    functions.add_permission(FunctionName=NAME, StatementId="s", Action="lambda:InvokeFunction", Principal="000000000002")
    assert "000000000002:root" in functions.get_policy(FunctionName=NAME)["Policy"]
    functions.remove_permission(FunctionName=NAME, StatementId="s")
    assert refusal(functions.get_policy, FunctionName=NAME) == ("ResourceNotFoundException", 404)


def a_test_event_is_answered():
    answer = functions.invoke(FunctionName=NAME, Qualifier="live", LogType="Tail", Payload=b'{"body": "hello"}')
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "2") and "FunctionError" not in answer
    assert json.loads(answer["Payload"].read())["body"] == "HELLO"
    assert len(base64.b64decode(answer["LogResult"])) <= 4096
    failed = functions.invoke(FunctionName=NAME, Payload=b'{"payload": "panic"}')
    assert failed["FunctionError"] == "Unhandled" and "errorType" in json.loads(failed["Payload"].read())
    assert functions.invoke(FunctionName=NAME, InvocationType="DryRun")["StatusCode"] == 204
    later = dict(FunctionName=NAME, InvocationType="Event")
    assert refusal(functions.invoke, **later) == ("InvalidParameterValueException", 400)
    assert refusal(functions.invoke, FunctionName="none") == ("ResourceNotFoundException", 404)


def nobody_lets_everybody_in():
    public = dict(FunctionName=NAME, StatementId="p", Action="lambda:InvokeFunction", Principal="*")
    assert refusal(functions.add_permission, **public) == ("PublicPolicyException", 400)


def it_is_deleted():
    functions.delete_function(FunctionName=NAME)
    assert refusal(functions.get_function, FunctionName=NAME) == ("ResourceNotFoundException", 404)


OTHER = ("refusal", "package")
CHECKS = [check for name, check in list(globals().items())
          if getattr(check, "__module__", "") == "__main__" and name not in OTHER]

if __name__ == "__main__":
    sys.exit(checks.run("functions", CHECKS))
