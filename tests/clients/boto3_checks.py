"""What programs do through boto3. Each function is one check; its name says what must hold."""

import hashlib
import io
import os
import sys
import threading
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

ENDPOINT, BUCKET = sys.argv[1], sys.argv[2]
# Presigned URLs are signed with version 2 unless told otherwise.
CONFIG = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 2})
s3 = boto3.client("s3", endpoint_url=ENDPOINT, config=CONFIG)
s3_v2 = boto3.client("s3", endpoint_url=ENDPOINT, config=CONFIG.merge(Config(signature_version="s3")))
MIB = 1024 * 1024


def refusal(call, **arguments):
    """The code with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


def post(form, body, **changed):
    """What a browser does with a form: the status, the headers and the text of the answer."""
    fields = {**form["fields"], **changed}
    parts = ['--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % field for field in fields.items()]
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="cat.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    document = "".join(parts).encode() + file.encode() + body + b"\r\n--edge--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(form["url"], data=document, headers=headers))
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


def a_body_comes_back_byte_for_byte():
    for length in [0, 1, 65536, 3 * MIB]:
        body = os.urandom(length)
        etag = s3.put_object(Bucket=BUCKET, Key="body", Body=body)["ETag"]
        assert etag == '"%s"' % hashlib.md5(body).hexdigest()
        assert s3.get_object(Bucket=BUCKET, Key="body")["Body"].read() == body


def metadata_comes_back():
    s3.put_object(Bucket=BUCKET, Key="meta", Body=b"x", ContentType="text/x", Metadata={"colour": "blue"}, CacheControl="no-store")
    head = s3.head_object(Bucket=BUCKET, Key="meta")
    assert (head["ContentType"], head["Metadata"], head["CacheControl"]) == ("text/x", {"colour": "blue"}, "no-store")


def a_large_upload_goes_in_parts_and_comes_in_ranges():
    body = os.urandom(23 * MIB + 1)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "large", Config=config)
    back = io.BytesIO()
    s3.download_fileobj(BUCKET, "large", back, Config=config)
    assert back.getvalue() == body
    assert s3.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-5"')
    assert s3.get_object(Bucket=BUCKET, Key="large", PartNumber=2)["ContentRange"] == "bytes %d-%d/%d" % (5 * MIB, 10 * MIB - 1, len(body))


def a_large_copy_goes_in_parts():
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "large-copy", Config=config)
    one = s3.get_object(Bucket=BUCKET, Key="large")["Body"].read()
    assert s3.get_object(Bucket=BUCKET, Key="large-copy")["Body"].read() == one


def listings_go_on_where_they_ended():
    keys = sorted("list/%s/%03d" % (folder, number) for folder in "ab" for number in range(20))
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="list/", PaginationConfig={"PageSize": 7})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    rolled = s3.list_objects_v2(Bucket=BUCKET, Prefix="list/", Delimiter="/")
    assert [entry["Prefix"] for entry in rolled["CommonPrefixes"]] == ["list/a/", "list/b/"]
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(deleted["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="list/")["KeyCount"] == 0


def odd_keys_are_ordinary():
    for key in ["a b+c", "ü/é", "a//b", "x/../y", "trailing/", "per%cent", "qu?es=t&ion", "tab\there", "<xml>&", "k" * 1024]:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode(), key
        assert key in [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]], key
        s3.delete_object(Bucket=BUCKET, Key=key)


def conditions_hold():
    etag = s3.put_object(Bucket=BUCKET, Key="cond", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, Bucket=BUCKET, Key="cond", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    s3.put_object(Bucket=BUCKET, Key="cond", Body=b"2", IfMatch=etag)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="cond", Body=b"3", IfMatch=etag) == "PreconditionFailed"
    assert refusal(s3.get_object, Bucket=BUCKET, Key="cond", IfMatch=etag) == "PreconditionFailed"


def one_of_many_first_writers_wins():
    won = []

    def write(number):
        try:
            s3.put_object(Bucket=BUCKET, Key="race", Body=b"%d" % number, IfNoneMatch="*")
            won.append(number)
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    [writer.start() for writer in writers]
    [writer.join() for writer in writers]
    assert len(won) == 1, won
    assert s3.get_object(Bucket=BUCKET, Key="race")["Body"].read() == b"%d" % won[0]


def checksums_are_kept():
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        put = s3.put_object(Bucket=BUCKET, Key="sum", Body=b"abc", ChecksumAlgorithm=algorithm)
        name = "Checksum" + algorithm
        assert s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")[name] == put[name]
        parts = s3.get_object_attributes(Bucket=BUCKET, Key="sum", ObjectAttributes=["Checksum", "ObjectSize"])
        assert (parts["Checksum"][name], parts["ObjectSize"]) == (put[name], 3)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="bad", Body=b"abc", ChecksumSHA1="A" * 27 + "=") in ("BadDigest", "InvalidRequest")
    assert refusal(s3.head_object, Bucket=BUCKET, Key="bad") == "404"


def presigned_urls_open():
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "signed"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, data=b"by url", method="PUT")).read()
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "signed"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"by url"


def a_page_of_another_origin_uploads():
    rule = {"AllowedOrigins": ["https://www.example.com"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["content-type"], "ExposeHeaders": ["ETag"]}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == [rule]
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "page", "ContentType": "text/x"}, ExpiresIn=60)
    origin = {"Origin": "https://www.example.com"}

    def send(method, headers, body=None):
        try:
            return urllib.request.urlopen(urllib.request.Request(url, data=body, method=method, headers=headers))
        except urllib.error.HTTPError as error:
            return error

    # As a browser does it: asks without credentials, then sends what was allowed.
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    with send("OPTIONS", {**origin, **asks}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, origin["Origin"])
        assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
    with send("PUT", {**origin, "Content-Type": "text/x"}, b"a page") as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Credentials"]) == (200, "true")
        assert (answer.headers["Access-Control-Expose-Headers"], bool(answer.headers["ETag"])) == ("ETag", True)
    with send("PUT", {**origin, "Content-Type": "text/y"}, b"not signed so") as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, origin["Origin"])
    with send("OPTIONS", {**asks, "Origin": "https://example.org"}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, None)
    s3.delete_bucket_cors(Bucket=BUCKET)
    assert refusal(s3.get_bucket_cors, Bucket=BUCKET) == "NoSuchCORSConfiguration"


def forms_upload_what_their_conditions_allow():
    for client in [s3, s3_v2]:
        conditions = [{"acl": "private"}, ["starts-with", "$Content-Type", "image/"], ["content-length-range", 1, 100], {"success_action_status": "201"}]
        fields = {"acl": "private", "Content-Type": "image/jpeg", "success_action_status": "201"}
        form = client.generate_presigned_post(BUCKET, "form/${filename}", Fields=fields, Conditions=conditions, ExpiresIn=60)
        status, headers, text = post(form, b"a cat")
        assert status == 201 and "<Key>form/cat.jpg</Key>" in text, (status, text)
        stored = s3.get_object(Bucket=BUCKET, Key="form/cat.jpg")
        assert (stored["Body"].read(), stored["ContentType"], stored["ETag"]) == (b"a cat", "image/jpeg", headers["ETag"])
        s3.delete_object(Bucket=BUCKET, Key="form/cat.jpg")
        for body, changed, expected in [
            (b"a" * 101, {}, (400, "EntityTooLarge")),
            (b"", {}, (400, "EntityTooSmall")),
            (b"a cat", {"acl": "public-read"}, (403, "AccessDenied")),
            (b"a cat", {"Content-Type": "text/html"}, (403, "AccessDenied")),
            (b"a cat", {"x-amz-meta-extra": "1"}, (403, "AccessDenied")),
            (b"a cat", {"key": "elsewhere"}, (403, "AccessDenied")),
            (b"a cat", {"policy": form["fields"]["policy"][:-8] + "AAAAAAAA"}, (403, "SignatureDoesNotMatch")),
        ]:
            status, _, text = post(form, body, **changed)
            assert status == expected[0] and "<Code>%s</Code>" % expected[1] in text, (changed, status, text)
        assert s3.list_objects_v2(Bucket=BUCKET, Prefix="form/")["KeyCount"] == 0
        form = client.generate_presigned_post(BUCKET, "form/late", ExpiresIn=-1)
        status, _, text = post(form, b"a cat")
        assert status == 403 and "Policy expired" in text, (status, text)


def signature_version_2_is_good_enough():
    s3_v2.put_object(Bucket=BUCKET, Key="v2 ü", Body=b"2", Metadata={"b": "2", "a": "1"})
    assert s3_v2.get_object(Bucket=BUCKET, Key="v2 ü")["Body"].read() == b"2"
    assert [entry["Key"] for entry in s3_v2.list_objects_v2(Bucket=BUCKET, Prefix="v2")["Contents"]] == ["v2 ü"]
    s3_v2.put_object_tagging(Bucket=BUCKET, Key="v2 ü", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    url = s3_v2.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "v2 ü"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in url, url
    request = urllib.request.Request(url, data=b"by url", method="PUT", headers={"Content-Type": ""})
    urllib.request.urlopen(request).read()
    assert s3.get_object(Bucket=BUCKET, Key="v2 ü")["Body"].read() == b"by url"
    wrong = boto3.client("s3", endpoint_url=ENDPOINT, config=s3_v2.meta.config, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    assert refusal(wrong.get_object, Bucket=BUCKET, Key="v2 ü") == "SignatureDoesNotMatch"


def uploads_can_be_given_up():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="given-up")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="given-up", UploadId=upload, PartNumber=1, Body=b"x")
    assert [entry["UploadId"] for entry in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [upload]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="given-up", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    assert refusal(s3.list_parts, Bucket=BUCKET, Key="given-up", UploadId=upload) == "NoSuchUpload"


def versions_stay_and_markers_hide():
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="v", Body=b"1")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="v", Body=b"2")
    marker = s3.delete_object(Bucket=BUCKET, Key="v")
    assert marker["DeleteMarker"] and refusal(s3.get_object, Bucket=BUCKET, Key="v") == "NoSuchKey"
    assert s3.get_object(Bucket=BUCKET, Key="v", VersionId=first)["Body"].read() == b"1"
    s3.delete_object(Bucket=BUCKET, Key="v", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=BUCKET, Key="v")["Body"].read() == b"2"


def a_bucket_can_be_emptied_and_deleted():
    bucket = boto3.resource("s3", endpoint_url=ENDPOINT).Bucket(BUCKET)
    bucket.object_versions.delete()
    s3.delete_bucket(Bucket=BUCKET)
    assert refusal(s3.head_bucket, Bucket=BUCKET) == "404"


CHECKS = [check for name, check in list(globals().items()) if getattr(check, "__module__", "") == "__main__" and name not in ("refusal", "post")]


def main():
    s3.create_bucket(Bucket=BUCKET)
    return checks.run("boto3", CHECKS)


if __name__ == "__main__":
    sys.exit(main())
