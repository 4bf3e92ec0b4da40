"""A role for a web identity as workloads take it: the SDK finds a token in a file, shows it, and uses what it gets.

Usage: web_identity_checks.py ENDPOINT BUCKET RSA_KEY   (credentials of a root user in the environment, a key in PEM)

The server must be allowed to fetch from 127.0.0.1. The issuer is this program; openssl signs.
"""

import base64
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, BUCKET, KEY = sys.argv[1:4]
CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def modulus():
    printed = openssl("rsa", "-in", KEY, "-noout", "-modulus").decode().strip().split("=")[1]
    return encoded(bytes.fromhex(printed))


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = f"http://127.0.0.1:{self.server.server_port}"
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": modulus(), "e": "AQAB"}
        documents = {
            "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": url + "/keys"},
            "/keys": {"keys": [key]},
        }
        body = json.dumps(documents.get(self.path, {})).encode()
        self.send_response(200 if self.path in documents else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def token(url, **claims):
    now = int(time.time())
    claims = {"iss": url, "sub": "worker", "aud": "app", "iat": now, "exp": now + 600, **claims}
    header = {"alg": "RS256", "kid": "1"}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return signed + "." + encoded(openssl("dgst", "-sha256", "-sign", KEY, data=signed.encode()))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"127.0.0.1:{server.server_port}"
url = f"http://{host}"

iam = boto3.client("iam", endpoint_url=ENDPOINT, config=CONFIG)
s3 = boto3.client("s3", endpoint_url=ENDPOINT, config=CONFIG)
provider = iam.create_open_id_connect_provider(Url=url, ClientIDList=["app"], ThumbprintList=["0" * 40])
arn = provider["OpenIDConnectProviderArn"]
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:aud": "app", f"{host}:sub": "worker"}},
    },
}
role = f"worker-{server.server_port}"
made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/${{{host}:sub}}/*"}
document = json.dumps({"Version": "2012-10-17", "Statement": allow})
iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document)
s3.create_bucket(Bucket=BUCKET)
for name in ("worker/a", "other/a"):
    s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode())

# As Kubernetes and CI systems hand it over: nothing but a file and a name.
with tempfile.NamedTemporaryFile("w") as file:
    file.write(token(url))
    file.flush()
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[variable]
    os.environ |= {
        "AWS_ROLE_ARN": made,
        "AWS_WEB_IDENTITY_TOKEN_FILE": file.name,
        "AWS_ROLE_SESSION_NAME": "session",
        "AWS_ENDPOINT_URL": ENDPOINT,
    }
    worker = boto3.Session()
    who = worker.client("sts", config=CONFIG).get_caller_identity()["Arn"]
    assert who.endswith(f":assumed-role/{role}/session"), who
    own = worker.client("s3", config=CONFIG)
    assert own.get_object(Bucket=BUCKET, Key="worker/a")["Body"].read() == b"worker/a"
    try:
        own.get_object(Bucket=BUCKET, Key="other/a")
        raise AssertionError("another's object was read")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error

    sts = worker.client("sts", config=CONFIG)
    parameters = {"RoleArn": made, "RoleSessionName": "session"}
    answer = sts.assume_role_with_web_identity(**parameters, WebIdentityToken=token(url))
    assert answer["SubjectFromWebIdentityToken"] == "worker" and answer["Provider"] == arn, answer
    for wrong, expected in [
        ({"aud": "x"}, "InvalidIdentityTokenException"),
        ({"exp": 1, "iat": 1}, "ExpiredTokenException"),
    ]:
        try:
            sts.assume_role_with_web_identity(**parameters, WebIdentityToken=token(url, **wrong))
            raise AssertionError(f"{wrong} was taken")
        except getattr(sts.exceptions, expected):
            pass

print("web identities: all passed")
