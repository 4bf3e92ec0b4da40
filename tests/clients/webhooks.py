"""Functions written for AWS and for MinIO, run unchanged behind a tiny server, and what clients get of them.

The handlers below are as their authors write them: they know boto3 and the event, and nothing of this server. What
stands around them is the server's configuration, and the checks.
"""

import base64
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

PROGRAM, CACHE, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
FOLDER.mkdir(parents=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


PORT, HOOK = free_port(), free_port()
os.environ["AWS_ENDPOINT_URL_S3"] = ENDPOINT = "http://localhost:%d" % PORT


# A function of AWS.


def handler(event, context):
    """Upper-case text: the tutorial of AWS, with the headers that the URL wants."""
    object_context = event["getObjectContext"]
    request_route, request_token = object_context["outputRoute"], object_context["outputToken"]
    s3_url = object_context["inputS3Url"]
    signed = urllib.parse.parse_qs(urllib.parse.urlparse(s3_url).query)["X-Amz-SignedHeaders"][0].split(";")
    sent = {name.lower(): value for name, value in event["userRequest"]["headers"].items()}
    headers = {name: sent[name] for name in signed if name != "host" and name in sent}
    s3 = boto3.client("s3")
    try:
        with urllib.request.urlopen(urllib.request.Request(s3_url, headers=headers)) as response:
            original = response.read()
    except urllib.error.HTTPError as error:
        s3.write_get_object_response(
            RequestRoute=request_route,
            RequestToken=request_token,
            StatusCode=error.code,
            ErrorCode="NoSuchKey",
            ErrorMessage="Nothing to transform",
        )
        return {"status_code": 200}
    transformed = original.decode("utf-8").upper().encode()
    wanted = sent.get("range")
    if wanted:
        first, last = (int(text) for text in wanted.split("=")[1].split("-"))
        s3.write_get_object_response(
            Body=transformed[first : last + 1],
            RequestRoute=request_route,
            RequestToken=request_token,
            StatusCode=206,
            ContentRange="bytes %d-%d/%d" % (first, last, len(transformed)),
        )
        return {"status_code": 200}
    s3.write_get_object_response(
        Body=transformed,
        RequestRoute=request_route,
        RequestToken=request_token,
        ContentType="text/plain",
        Metadata={"by": event["userIdentity"]["accountId"]},
    )
    return {"status_code": 200}


# A webhook of MinIO, in the shape of its documentation.


def get_webhook(event):
    object_context = event["getObjectContext"]
    s3_url = object_context["inputS3Url"]
    request_route = object_context["outputRoute"]
    request_token = object_context["outputToken"]
    with urllib.request.urlopen(s3_url) as response:
        original_object = response.read().decode("utf-8")
    headers = {"x-amz-request-route": request_route, "x-amz-request-token": request_token}
    return original_object[::-1].encode(), headers


class Functions(http.server.BaseHTTPRequestHandler):
    """What runs them: one path each."""

    seen = []

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append((event, self.headers.get("authorization")))
        headers = {}
        try:
            if self.path == "/minio":
                body, headers = get_webhook(event)
            else:
                body = json.dumps(handler(event, None)).encode()
        except Exception as error:  # as the runtime of AWS says it
            body = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}).encode()
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


CONFIGURATION = """
listen = ["127.0.0.1:%(port)d"]
data_dir = "%(data)s"
cache_dir = "%(cache)s"

[root]
access_key = "%(access)s"
secret_key = "%(secret)s"

[variables]
minio_lambda_arn = "on"

[[webhooks]]
name = "upper"
url = "http://127.0.0.1:%(hook)d/aws"
token = "only-for-the-function"

[[webhooks]]
name = "mirror"
url = "http://127.0.0.1:%(hook)d/minio"
kind = "minio"
"""


def started():
    file = FOLDER / "portcullis.toml"
    file.write_text(
        CONFIGURATION
        % {
            "port": PORT,
            "hook": HOOK,
            "data": FOLDER / "data",
            "cache": CACHE,
            "access": os.environ["AWS_ACCESS_KEY_ID"],
            "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        }
    )
    log = open(FOLDER / "log", "w")
    server = subprocess.Popen([PROGRAM, "serve", "--config", str(file)], stdout=log, stderr=log)
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit((FOLDER / "log").read_text())


s3 = boto3.client("s3", config=Config(retries={"max_attempts": 1}))


def by(name):
    """The parameter of MinIO, added to every request as its clients add it."""
    client = boto3.client("s3", config=Config(retries={"max_attempts": 1}))
    arn = "arn:minio:s3-object-lambda::%s:webhook" % name

    def add(request, **_):
        request.params = {**(request.params or {}), "lambdaArn": arn}

    client.meta.events.register("before-sign.s3.GetObject", add)
    return client


def a_function_of_aws_answers():
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="dir/a b", Body=b"hello", ContentType="text/html")
    got = by("upper").get_object(Bucket="photos", Key="dir/a b")
    assert got["Body"].read() == b"HELLO" and got["ContentType"] == "text/plain"
    event, authorization = Functions.seen[-1]
    assert got["Metadata"] == {"by": event["userIdentity"]["accountId"]}
    assert authorization == "Bearer only-for-the-function"
    assert event["userIdentity"]["type"] == "Root" and event["protocolVersion"] == "1.00"
    assert event["userRequest"]["headers"]["Host"] == "localhost:%d" % PORT
    assert "Authorization" not in event["userRequest"]["headers"]


def a_large_object_comes_whole():
    text = base64.b64encode(os.urandom(6_000_000))
    s3.put_object(Bucket="photos", Key="large", Body=text)
    got = by("upper").get_object(Bucket="photos", Key="large")
    assert got["Body"].read() == text.upper()


def a_function_applies_ranges_itself():
    got = by("upper").get_object(Bucket="photos", Key="dir/a b", Range="bytes=1-3")
    assert got["Body"].read() == b"ELL" and got["ContentRange"] == "bytes 1-3/5"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def a_function_says_errors():
    try:
        by("upper").get_object(Bucket="photos", Key="missing")
    except ClientError as error:
        said = error.response["Error"]
        assert (said["Code"], said["Message"]) == ("NoSuchKey", "Nothing to transform"), error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        return
    raise AssertionError("it was found")


def a_function_that_fails_is_told_so():
    s3.put_object(Bucket="photos", Key="binary", Body=b"\xff\xfe")
    try:
        by("upper").get_object(Bucket="photos", Key="binary")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "LambdaRuntimeError", error.response
        return
    raise AssertionError("it was answered")


def a_webhook_of_minio_answers():
    got = by("mirror").get_object(Bucket="photos", Key="dir/a b")
    assert got["Body"].read() == b"olleh" and got["ContentType"] == "text/html"
    event, _ = Functions.seen[-1]
    assert event["userRequest"]["headers"]["Host"] == ["localhost:%d" % PORT]


def a_presigned_url_names_a_webhook():
    client = by("mirror")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "dir/a b"})
    assert "lambdaArn=" in url, url
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"olleh"


def nothing_secret_is_logged():
    log = (FOLDER / "log").read_text()
    tokens = [event["getObjectContext"]["outputToken"] for event, _ in Functions.seen]
    for secret in ["only-for-the-function", *tokens]:
        assert secret not in log, secret


CHECKS = [
    a_function_of_aws_answers,
    a_large_object_comes_whole,
    a_function_applies_ranges_itself,
    a_function_says_errors,
    a_function_that_fails_is_told_so,
    a_webhook_of_minio_answers,
    a_presigned_url_names_a_webhook,
    nothing_secret_is_logged,
]

functions = http.server.ThreadingHTTPServer(("127.0.0.1", HOOK), Functions)
threading.Thread(target=functions.serve_forever, daemon=True).start()
server = started()
try:
    status = checks.run("webhooks", CHECKS)
finally:
    server.terminate()
    server.wait(30)
sys.exit(status)
