"""What data tools do through MinIO's client and through the object_store crate. Each function is one check."""

import io
import json
import os
import sys
import urllib.error
import urllib.request

import minio
import obstore
from minio.commonconfig import ENABLED, ComposeSource, CopySource, Tags
from minio.deleteobjects import DeleteObject
from minio.versioningconfig import VersioningConfig
from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError
from obstore.store import S3Store

import checks

ENDPOINT, BUCKET = sys.argv[1], sys.argv[2]
ACCESS, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
client = minio.Minio(ENDPOINT.removeprefix("http://"), access_key=ACCESS, secret_key=SECRET, secure=False)
store = S3Store(
    BUCKET,
    endpoint=ENDPOINT,
    access_key_id=ACCESS,
    secret_access_key=SECRET,
    region="us-east-1",
    client_options={"allow_http": True},
)
MIB = 1024 * 1024
BODY = os.urandom(12 * MIB + 7)


def refused_with(kind, call, *arguments, **named):
    """Whether a call is refused with such an exception."""
    try:
        call(*arguments, **named)
    except kind:
        return True
    return False


def minio_puts_a_stream_of_unknown_length_in_parts():
    client.put_object(bucket_name=BUCKET, object_name="m/stream", data=io.BytesIO(BODY), length=-1, part_size=5 * MIB)
    assert client.stat_object(bucket_name=BUCKET, object_name="m/stream").size == len(BODY)
    with client.get_object(bucket_name=BUCKET, object_name="m/stream", offset=5, length=77) as answer:
        assert answer.read() == BODY[5:82]


def minio_copies_and_composes():
    source = CopySource(bucket_name=BUCKET, object_name="m/stream")
    client.copy_object(bucket_name=BUCKET, object_name="m/copy", source=source)
    sources = [ComposeSource(bucket_name=BUCKET, object_name=name) for name in ("m/stream", "m/copy")]
    client.compose_object(bucket_name=BUCKET, object_name="m/composed", sources=sources)
    assert client.stat_object(bucket_name=BUCKET, object_name="m/composed").size == 2 * len(BODY)


def minio_lists_with_and_without_folders():
    names = [entry.object_name for entry in client.list_objects(bucket_name=BUCKET, recursive=True)]
    assert names == ["m/composed", "m/copy", "m/stream"], names
    assert [entry.object_name for entry in client.list_objects(bucket_name=BUCKET)] == ["m/"]


def minio_tags():
    tags = Tags.new_object_tags()
    tags["colour"] = "blue"
    client.set_object_tags(bucket_name=BUCKET, object_name="m/copy", tags=tags)
    assert client.get_object_tags(bucket_name=BUCKET, object_name="m/copy") == tags


def minio_makes_a_bucket_public():
    url = "%s/%s/m/copy" % (ENDPOINT, BUCKET)
    assert refused_with(urllib.error.HTTPError, urllib.request.urlopen, url)
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::%s/*" % BUCKET}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.set_bucket_policy(bucket_name=BUCKET, policy=json.dumps(policy))
    assert json.loads(client.get_bucket_policy(bucket_name=BUCKET)) == policy
    assert urllib.request.urlopen(url).read() == BODY
    client.delete_bucket_policy(bucket_name=BUCKET)
    assert refused_with(urllib.error.HTTPError, urllib.request.urlopen, url)


def minio_presigns():
    url = client.presigned_get_object(bucket_name=BUCKET, object_name="m/copy")
    assert urllib.request.urlopen(url).read() == BODY


def minio_deletes_every_version():
    client.set_bucket_versioning(bucket_name=BUCKET, config=VersioningConfig(status=ENABLED))
    client.remove_object(bucket_name=BUCKET, object_name="m/copy")
    versions = list(client.list_objects(bucket_name=BUCKET, include_version=True, recursive=True))
    assert sum(version.is_delete_marker for version in versions) == 1 and len(versions) == 4
    every = [DeleteObject(version.object_name, version.version_id) for version in versions]
    assert list(client.remove_objects(bucket_name=BUCKET, delete_object_list=every)) == []
    assert not list(client.list_objects(bucket_name=BUCKET, include_version=True, recursive=True))


def object_store_puts_in_parts_and_reads_ranges():
    obstore.put(store, "o/sp ace/ü", io.BytesIO(BODY), chunk_size=5 * MIB, use_multipart=True)
    assert bytes(obstore.get(store, "o/sp ace/ü").bytes()) == BODY
    ranges = obstore.get_ranges(store, "o/sp ace/ü", starts=[0, 5 * MIB], lengths=[3, 1000])
    assert [bytes(piece) for piece in ranges] == [BODY[:3], BODY[5 * MIB : 5 * MIB + 1000]]


def object_store_commits_by_conditions():
    """What table formats build their transactions on."""
    first = obstore.put(store, "o/log/1", b"one", mode="create")
    assert refused_with(AlreadyExistsError, obstore.put, store, "o/log/1", b"two", mode="create")
    update = {"e_tag": first["e_tag"], "version": first["version"]}
    obstore.put(store, "o/log/1", b"two", mode=update)
    assert refused_with(PreconditionError, obstore.put, store, "o/log/1", b"three", mode=update)
    assert bytes(obstore.get(store, "o/log/1").bytes()) == b"two"


def object_store_renames_and_deletes():
    obstore.rename(store, "o/sp ace/ü", "o/renamed")
    assert refused_with((NotFoundError, FileNotFoundError), obstore.head, store, "o/sp ace/ü")
    names = [entry["path"] for entry in obstore.list(store, prefix="o").collect()]
    assert names == ["o/log/1", "o/renamed"], names
    obstore.delete(store, names)
    assert not obstore.list(store).collect()


if __name__ == "__main__":
    client.make_bucket(bucket_name=BUCKET)
    every = [check for name, check in list(globals().items()) if name.startswith(("minio_", "object_store_"))]
    sys.exit(checks.run("libraries", every))
