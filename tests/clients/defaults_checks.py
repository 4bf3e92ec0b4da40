"""What programs do through boto3 on a server that nobody configured, without telling boto3 anything but where that is."""

import os
import sys
import tempfile
import urllib.request

import boto3
from botocore.exceptions import ClientError

import checks

BUCKET = sys.argv[1]
s3 = boto3.client("s3")
LARGE = os.urandom(20_000_000)


def code(call, **arguments):
    """The code with which a call about the bucket is refused."""
    try:
        call(Bucket=BUCKET, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


def objects_go_up_and_down():
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="small +é", Body=b"small", Metadata={"colour": "blue"})
    assert s3.get_object(Bucket=BUCKET, Key="small +é")["Body"].read() == b"small"
    with tempfile.NamedTemporaryFile() as file:
        file.write(LARGE)
        file.flush()
        s3.upload_file(file.name, BUCKET, "large")
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == LARGE
    s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "copy")
    assert s3.head_object(Bucket=BUCKET, Key="copy")["ContentLength"] == len(LARGE)


def presigned_urls_work():
    parameters = {"Bucket": BUCKET, "Key": "presigned"}
    request = urllib.request.Request(s3.generate_presigned_url("put_object", parameters), data=b"by URL", method="PUT")
    # Version 2 signs the type, and the library sends one of its own otherwise.
    request.add_header("Content-Type", "")
    assert urllib.request.urlopen(request).status == 200
    assert urllib.request.urlopen(s3.generate_presigned_url("get_object", parameters)).read() == b"by URL"


def a_presigned_form_works():
    form = s3.generate_presigned_post(BUCKET, "posted")
    fields = "".join('--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % field for field in form["fields"].items())
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nby form\r\n--edge--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    request = urllib.request.Request(form["url"], data=(fields + file).encode(), headers=headers)
    assert urllib.request.urlopen(request).status == 204
    assert s3.get_object(Bucket=BUCKET, Key="posted")["Body"].read() == b"by form"


def what_nobody_configured_is_not_there():
    assert code(s3.get_bucket_lifecycle_configuration) == "NoSuchLifecycleConfiguration"
    assert code(s3.get_bucket_website) == "NoSuchWebsiteConfiguration"
    assert code(s3.get_bucket_replication) == "ReplicationConfigurationNotFoundError"
    assert code(s3.get_bucket_cors) == "NoSuchCORSConfiguration"
    assert code(s3.get_bucket_policy) == "NoSuchBucketPolicy"
    assert code(s3.get_bucket_tagging) == "NoSuchTagSet"
    assert code(s3.get_bucket_metrics_configuration, Id="a") == "NoSuchConfiguration"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=BUCKET)
    notifications = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert not [name for name in notifications if name != "ResponseMetadata"], notifications
    for kind in ["analytics", "intelligent_tiering", "inventory", "metrics"]:
        listed = getattr(s3, "list_bucket_%s_configurations" % kind)(Bucket=BUCKET)
        assert listed["IsTruncated"] is False, listed
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    s3.delete_bucket_website(Bucket=BUCKET)
    s3.delete_bucket_replication(Bucket=BUCKET)


def tags_and_versions_are_kept():
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "colour", "Value": "blue"}]})
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"][0]["Value"] == "blue"
    s3.put_object_tagging(Bucket=BUCKET, Key="large", Tagging={"TagSet": [{"Key": "size", "Value": "large"}]})
    assert s3.get_object_tagging(Bucket=BUCKET, Key="large")["TagSet"][0]["Value"] == "large"
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="kept", Body=b"one")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="kept", Body=b"two")
    assert s3.get_object(Bucket=BUCKET, Key="kept", VersionId=first)["Body"].read() == b"one"


def everything_can_be_removed():
    bucket = boto3.resource("s3").Bucket(BUCKET)
    bucket.object_versions.delete()
    bucket.delete()
    assert BUCKET not in [listed["Name"] for listed in s3.list_buckets()["Buckets"]]


sys.exit(
    checks.run(
        "boto3 with its defaults",
        [
            objects_go_up_and_down,
            presigned_urls_work,
            a_presigned_form_works,
            what_nobody_configured_is_not_there,
            tags_and_versions_are_kept,
            everything_can_be_removed,
        ],
    )
)
