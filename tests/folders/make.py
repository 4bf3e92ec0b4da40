"""Makes a small data folder with a program of some release, and notes what it answers.

    python make.py PROGRAM NAME

writes NAME.tar.gz and NAME.json beside this file. `tests/it/upgrade.rs` opens the folder with the program of today. A
new version of the format gets a folder, made by the last release before it. Needs boto3.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
from botocore.config import Config

PORT = 21311
HERE = pathlib.Path(__file__).parent
CUSTOMER_KEY = b"a customer key has 32 bytes, yes"
BASE = """
[storage]
inline_bytes_max = 4096
segment_bytes = "16 MiB"
"""
KEYS = """
[variables]
sse_c_over_http = "allow"
block_sse_c = "false"

[[kms_keys]]
id = "photos"
alias = ["alias/photos"]
"""


def start(program, place):
    log = open(place / "log", "ab")
    server = subprocess.Popen([program, "serve", "--config", place / "portcullis.toml", "--data-dir", place / "data",
                               "--listen", f"127.0.0.1:{PORT}"], stdout=log, stderr=log)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready").read()
            return server
        except OSError:
            assert server.poll() is None, (place / "log").read_text()
            time.sleep(0.1)
    raise SystemExit("the server does not get ready")


def stop(server, how):
    server.send_signal(how)
    server.wait()


def client(service, access_key, secret, token=None):
    return boto3.client(
        service, endpoint_url=f"http://127.0.0.1:{PORT}", region_name="us-east-1", aws_access_key_id=access_key,
        aws_secret_access_key=secret, aws_session_token=token,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))


def code(seed, step):
    """What a device shows: RFC 6238."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), "sha1").digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def body(text, count):
    return (text * count)[:count].encode()


class Folder:
    """What is stored, and what is expected of it."""

    def __init__(self, data):
        root = dict(line.replace('"', "").split(" = ") for line in (data / "root-credentials.toml").read_text().splitlines()
                    if " = " in line)
        self.account = root["account_id"]
        self.s3 = client("s3", root["access_key"], root["secret_key"])
        self.iam = client("iam", root["access_key"], root["secret_key"])
        self.expected = {"account": self.account, "exchanges": []}

    def expect(self, method, target, status=200, headers=None, content=None, contains=(), who="root"):
        self.expected["exchanges"].append({
            "who": who, "method": method, "target": target, "status": status, "headers": headers or {},
            "sha256": hashlib.sha256(content).hexdigest() if content is not None else None, "contains": list(contains)})

    def plain(self):
        s3 = self.s3
        s3.create_bucket(Bucket="plain")
        for key, content in (("empty", b""), ("small", body("small ", 1000)), ("large", body("large ", 70_000))):
            s3.put_object(Bucket="plain", Key=key, Body=content, Metadata={"colour": "blue"}, ContentType="text/plain")
            self.expect("GET", f"/plain/{key}", content=content)
        s3.put_object_tagging(Bucket="plain", Key="small", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        self.expect("GET", "/plain/small?tagging", contains=["<Key>a</Key><Value>b</Value>"])
        s3.copy_object(Bucket="plain", Key="copy", CopySource="plain/large")
        self.expect("GET", "/plain/copy", headers={"range": "bytes=5-69"}, status=206, content=body("large ", 70_000)[5:70])
        statement = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "s3:*", "Resource": "arn:aws:s3:::plain/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket="plain", Policy=policy)
        self.expect("GET", "/plain?policy", contains=[self.account])
        s3.put_bucket_tagging(Bucket="plain", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
        self.expect("GET", "/plain?tagging", contains=["<Value>red</Value>"])

    def versions(self):
        s3 = self.s3
        s3.create_bucket(Bucket="versions")
        s3.put_object(Bucket="versions", Key="a", Body=b"before versions")
        s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
        first = s3.put_object(Bucket="versions", Key="a", Body=b"the first")["VersionId"]
        s3.put_object(Bucket="versions", Key="a", Body=b"the second")
        marker = s3.delete_object(Bucket="versions", Key="a")["VersionId"]
        self.expect("GET", f"/versions/a?versionId={first}", content=b"the first")
        self.expect("GET", "/versions/a?versionId=null", content=b"before versions")
        self.expect("GET", "/versions/a", status=404)
        self.expect("GET", "/versions?versions", contains=[first, f"<VersionId>{marker}</VersionId>", "<DeleteMarker>"])

    def locks(self):
        s3 = self.s3
        s3.create_bucket(Bucket="locks", ObjectLockEnabledForBucket=True)
        held = s3.put_object(Bucket="locks", Key="held", Body=b"held", ObjectLockLegalHoldStatus="ON")["VersionId"]
        kept = s3.put_object(Bucket="locks", Key="kept", Body=b"kept", ObjectLockMode="COMPLIANCE",
                             ObjectLockRetainUntilDate="2099-01-01T00:00:00Z")["VersionId"]
        self.expect("DELETE", f"/locks/held?versionId={held}", status=403)
        self.expect("DELETE", f"/locks/kept?versionId={kept}", status=403)
        self.expect("GET", "/locks/kept?retention", contains=["COMPLIANCE", "2099-01-01"])

    def uploads(self):
        s3 = self.s3
        done = s3.create_multipart_upload(Bucket="plain", Key="parts")["UploadId"]
        part = s3.upload_part(Bucket="plain", Key="parts", UploadId=done, PartNumber=3, Body=body("part ", 6_000))
        s3.complete_multipart_upload(Bucket="plain", Key="parts", UploadId=done,
                                     MultipartUpload={"Parts": [{"PartNumber": 3, "ETag": part["ETag"]}]})
        self.expect("GET", "/plain/parts", content=body("part ", 6_000))
        begun = s3.create_multipart_upload(Bucket="plain", Key="begun")["UploadId"]
        part = s3.upload_part(Bucket="plain", Key="begun", UploadId=begun, PartNumber=1, Body=body("begun ", 6_000))
        self.expect("GET", "/plain?uploads", contains=[begun])
        self.expected["upload"] = {"target": f"/plain/begun?uploadId={begun}", "etag": part["ETag"],
                                   "sha256": hashlib.sha256(body("begun ", 6_000)).hexdigest()}

    def identities(self):
        iam = self.iam
        iam.create_user(UserName="alice")
        allow = {"Effect": "Allow", "Action": ["s3:GetObject", "sts:GetSessionToken"], "Resource": "*"}
        iam.put_user_policy(UserName="alice", PolicyName="read",
                            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        trust = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="reader",
                        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        step = int(time.time()) // 30
        iam.enable_mfa_device(UserName="alice", SerialNumber=device["SerialNumber"],
                              AuthenticationCode1=code(seed, step - 2), AuthenticationCode2=code(seed, step - 1))
        self.expected["alice"] = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"],
                                  "serial_number": device["SerialNumber"],
                                  "seed": base64.b64encode(seed.encode()).decode()}
        self.expect("GET", "/plain/small", content=body("small ", 1000), who="alice")
        self.expect("DELETE", "/plain/small", status=403, who="alice")

    def sealed(self):
        s3 = self.s3
        for key, name in (("kms", "alias/photos"), ("kms-aws", "alias/aws/s3")):
            content = body(key, 5_000)
            s3.put_object(Bucket="plain", Key=key, Body=content, ServerSideEncryption="aws:kms", SSEKMSKeyId=name)
            self.expect("GET", f"/plain/{key}", content=content)
        s3.put_object(Bucket="plain", Key="customer", Body=body("customer ", 5_000), SSECustomerAlgorithm="AES256",
                      SSECustomerKey=CUSTOMER_KEY)
        prefix = "x-amz-server-side-encryption-customer-"
        headers = {prefix + "algorithm": "AES256", prefix + "key": base64.b64encode(CUSTOMER_KEY).decode(),
                   prefix + "key-md5": base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()}
        self.expect("GET", "/plain/customer", headers=headers, content=body("customer ", 5_000))
        self.expect("GET", "/plain/customer", status=400)

    def last(self):
        self.s3.put_object(Bucket="plain", Key="last", Body=body("last ", 3_000))
        self.expect("GET", "/plain/last", content=body("last ", 3_000))


def main(program, name):
    place = pathlib.Path(tempfile.mkdtemp())
    data = place / "data"
    data.mkdir(mode=0o700)
    # A setting that the program does not know stops it: an early one gets fewer.
    with_keys = name != "format-1"
    settings = BASE + (KEYS if with_keys else "")
    (place / "portcullis.toml").write_text(settings)
    server = start(program, place)
    try:
        folder = Folder(data)
        folder.plain()
        folder.versions()
        folder.locks()
        folder.uploads()
        folder.identities()
        if with_keys:
            folder.sealed()
        # Once ended well, and once killed: the folder has an index, and a log to be replayed.
        stop(server, signal.SIGTERM)
        server = start(program, place)
        folder.last()
    finally:
        stop(server, signal.SIGKILL)
    for left in ("cache", "admin.sock", "LOCK"):
        path = data / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (HERE / f"{name}.toml").write_text(settings.lstrip())
    (HERE / f"{name}.json").write_text(json.dumps(folder.expected, indent=1) + "\n")
    subprocess.run(["tar", "--sparse", "--sort=name", "--owner=0", "--group=0", "-czf", HERE / f"{name}.tar.gz", "-C", data, "."],
                   check=True)


main(sys.argv[1], sys.argv[2])
