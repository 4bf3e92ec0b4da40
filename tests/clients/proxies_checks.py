"""What holds behind a proxy that is configured as docs/operate/deploy.md says. Each function is one check."""

import http.client
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

import checks

PROXY, PROGRAM, CACHE, FOLDER = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
PAGE = pathlib.Path(os.environ["PAGE"]).read_text()
# One proxy takes the whole of it, which is enough to see that nothing is collected or limited on the way.
UPLOAD_BYTES = (int(os.environ["PROXY_UPLOAD_MIB"]) if PROXY == "nginx" else 256) << 20
DOMAIN = "s3.example.com"
ACCESS, SECRET = "PROXYTESTOPERATOR", "tq5Vd0mX9sKp3Zr7Wb1Yc8Nf6Lh2Gj4E"
MIB = 1 << 20
KEYS = ["a//b", "//a", "a/../b", "./a", "a/.", "a%2Fb", "a%b", "plus+sign", "a b", "ünï/çödé", "日本/語", "what?", "hash#", "dir/", "a&b=c;d,e", "~t*('!)@$:", "a\\b|c^d`e{f}[g]\"<h>", "%E0%A4%A", "e\u0301"]


def snippet(language):
    """The first block of the page in a language."""
    return re.search(r"^```%s\n(.*?)^```" % language, PAGE, re.M | re.S).group(1)


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def changed(text, *pairs):
    """The text of the page with other ports and paths. What is changed must be in it."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def without_ipv6(text):
    return "".join(line for line in text.splitlines(True) if "[::]:443" not in line)


PORT, ADMIN, TLS = free_ports(3)
# Every name below the domain is this machine.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolve("127.0.0.1" if str(host).endswith(DOMAIN) else host, *more, **named)


def make_certificate():
    crt, key, pem = FOLDER / "tls.crt", FOLDER / "tls.key", FOLDER / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", crt, "-subj", "/CN=" + DOMAIN, "-addext", "subjectAltName=DNS:%s,DNS:*.%s" % (DOMAIN, DOMAIN)],
        check=True, capture_output=True)
    pem.write_text(crt.read_text() + key.read_text())


def start_server():
    header = {"haproxy": ('header = "x-forwarded"', 'header = "proxy-protocol"')}
    text = changed(
        snippet("toml"), ("127.0.0.1:9000", "127.0.0.1:%d" % PORT), ("127.0.0.1:9001", "127.0.0.1:%d" % ADMIN),
        ("/var/lib/portcullis", str(FOLDER / "data")), ("/var/cache/portcullis", CACHE),
        *([header[PROXY]] if PROXY in header else []))
    (FOLDER / "portcullis.toml").write_text(text + "\n[variables]\nblock_public_access = false\nblock_sse_c = false\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    environment.update(PORTCULLIS_ROOT_ACCESS_KEY=ACCESS, PORTCULLIS_ROOT_SECRET_KEY=SECRET)
    return start([PROGRAM, "serve", "--config", FOLDER / "portcullis.toml"], ADMIN, "server", environment)


def start(command, port, name, environment=None):
    """A process, once something listens on its port."""
    log = open(FOLDER / (name + ".log"), "wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=FOLDER)
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise AssertionError("%s: %s" % (name, (FOLDER / (name + ".log")).read_text()[-2000:]))


def start_proxy():
    tls = str(FOLDER / "tls")
    paths = [("/etc/ssl/%s.crt" % DOMAIN, tls + ".crt"), ("/etc/ssl/%s.key" % DOMAIN, tls + ".key")]
    upstream = ("127.0.0.1:9000", "127.0.0.1:%d" % PORT)
    if PROXY == "nginx":
        site = changed(without_ipv6(snippet("nginx")), upstream, ("listen 443", "listen 127.0.0.1:%d" % TLS), *paths)
        temporary = "".join("%s_temp_path %s;\n" % (kind, FOLDER) for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        user = "user root;\n" if os.getuid() == 0 else ""
        (FOLDER / "nginx.conf").write_text(
            "%spid %s/nginx.pid;\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n" % (user, FOLDER, temporary, site))
        command = ["nginx", "-c", FOLDER / "nginx.conf", "-g", "daemon off;"]
    elif PROXY == "caddy":
        site = changed(snippet("caddy"), upstream, ("%s, *.%s {" % (DOMAIN, DOMAIN), "%s:%d, *.%s:%d {" % (DOMAIN, TLS, DOMAIN, TLS)), *paths)
        (FOLDER / "Caddyfile").write_text("{\nadmin off\nauto_https disable_redirects\n}\n" + site)
        os.environ.update(XDG_DATA_HOME=str(FOLDER), XDG_CONFIG_HOME=str(FOLDER))
        command = ["caddy", "run", "--config", FOLDER / "Caddyfile", "--adapter", "caddyfile"]
    else:
        site = changed(
            without_ipv6(snippet("haproxy")), upstream, ("bind :443", "bind 127.0.0.1:%d" % TLS), ("port 9001", "port %d" % ADMIN),
            ("/etc/ssl/%s.pem" % DOMAIN, tls + ".pem"))
        (FOLDER / "haproxy.cfg").write_text("global\n    log stderr format raw local0 notice\n" + site)
        command = ["haproxy", "-db", "-f", FOLDER / "haproxy.cfg"]
    return start(command, TLS, PROXY)


def client(endpoint, style, **more):
    config = Config(s3={"addressing_style": style}, signature_version="s3v4", retries={"max_attempts": 1}, read_timeout=300, **more)
    return boto3.client(
        "s3", endpoint_url=endpoint, config=config, verify=str(FOLDER / "tls.crt"), region_name="us-east-1",
        aws_access_key_id=ACCESS, aws_secret_access_key=SECRET)


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


def get(url, source="127.0.0.1", headers=None):
    """A GET from a loopback address: the status and the text."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        trust = ssl.create_default_context(cafile=FOLDER / "tls.crt")
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=trust, source_address=(source, 0), timeout=60)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, source_address=(source, 0), timeout=60)
    connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


class Zeros:
    """So many bytes, none of them kept."""

    def __init__(self, length):
        self.length, self.position = length, 0

    def seek(self, offset, whence=0):
        self.position = offset + {0: 0, 1: self.position, 2: self.length}[whence]
        return self.position

    def tell(self):
        return self.position

    def read(self, count=-1):
        left = self.length - self.position
        count = left if count is None or count < 0 else min(count, left)
        self.position += count
        return bytes(count)


def secure(style):
    return client("https://%s:%d" % (DOMAIN, TLS), style)


def any_key_signs_right_in_both_styles():
    for style in ["path", "virtual"]:
        s3, bucket = secure(style), "keys-" + style
        s3.create_bucket(Bucket=bucket)
        for key in KEYS + ([] if PROXY == "nginx" and style == "virtual" else ["../a", "a/../../b"]):
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
                assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode(), key
                assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(key.encode()), key
                status, text = get(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}))
                assert (status, text) == (200, key), (key, status, text)
            except Exception as error:
                raise AssertionError("%s, %r: %s" % (style, key, error)) from error
        listed = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        assert set(KEYS) <= set(listed), listed
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in listed]})
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def bodies_come_in_every_framing():
    s3 = secure("virtual")
    s3.create_bucket(Bucket="framing")
    # aws-chunked with a trailer, and Expect: 100-continue.
    s3.put_object(Bucket="framing", Key="chunked", Body=Zeros(3 * MIB), ChecksumAlgorithm="CRC32")
    s3.put_object(Bucket="framing", Key="empty", Body=b"")
    assert s3.head_object(Bucket="framing", Key="chunked")["ContentLength"] == 3 * MIB
    part = s3.get_object(Bucket="framing", Key="chunked", Range="bytes=%d-" % (MIB + 1))
    assert len(part["Body"].read()) == 2 * MIB - 1 and part["ResponseMetadata"]["HTTPStatusCode"] == 206
    key = os.urandom(32)
    s3.put_object(Bucket="framing", Key="sealed", Body=b"secret", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    assert s3.get_object(Bucket="framing", Key="sealed", SSECustomerAlgorithm="AES256", SSECustomerKey=key)["Body"].read() == b"secret"


def policy(bucket, condition):
    return """{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::%s/*", "Condition": %s}}""" % (bucket, condition)


def a_policy_can_demand_tls():
    s3 = secure("path")
    s3.create_bucket(Bucket="secure")
    s3.put_object(Bucket="secure", Key="a", Body=b"a")
    # 127.0.0.2 is no proxy, whatever it claims.
    url = client("http://127.0.0.1:%d" % PORT, "path").generate_presigned_url("get_object", {"Bucket": "secure", "Key": "a"})
    assert get(url, "127.0.0.2")[0] == 200
    s3.put_bucket_policy(Bucket="secure", Policy=policy("secure", '{"Bool": {"aws:SecureTransport": "false"}}'))
    assert get(url, "127.0.0.2")[0] == 403
    claims = {"X-Forwarded-Proto": "https", "Forwarded": "for=127.0.0.9;proto=https"}
    assert get(url, "127.0.0.2", claims)[0] == 403
    assert s3.get_object(Bucket="secure", Key="a")["Body"].read() == b"a"
    if PROXY == "haproxy":
        s3.put_bucket_policy(Bucket="secure", Policy=policy("secure", '{"NumericLessThan": {"s3:TlsVersion": "1.3"}}'))
        assert s3.get_object(Bucket="secure", Key="a")["Body"].read() == b"a"
        s3.put_bucket_policy(Bucket="secure", Policy=policy("secure", '{"NumericLessThan": {"s3:TlsVersion": "1.4"}}'))
        assert refusal(s3.get_object, Bucket="secure", Key="a") == "AccessDenied"


def a_policy_can_demand_an_address():
    s3 = secure("virtual")
    s3.create_bucket(Bucket="near")
    s3.put_object(Bucket="near", Key="a", Body=b"a")
    s3.put_bucket_policy(Bucket="near", Policy=policy("near", '{"NotIpAddress": {"aws:SourceIp": "127.0.0.3/32"}}'))
    url = s3.generate_presigned_url("get_object", {"Bucket": "near", "Key": "a"})
    assert get(url, "127.0.0.3") == (200, "a")
    assert get(url, "127.0.0.4")[0] == 403
    for name in ["X-Forwarded-For", "X-Real-IP", "Forwarded"]:
        value = "for=127.0.0.3" if name == "Forwarded" else "127.0.0.3"
        assert get(url, "127.0.0.4", {name: value})[0] == 403, name
        assert get(url, "127.0.0.3", {name: value.replace(".3", ".4")})[0] == 200, name


def clients_may_speak_http_2():
    s3 = secure("virtual")
    s3.create_bucket(Bucket="multiplexed")
    s3.put_object(Bucket="multiplexed", Key="a//ü", Body=b"a")
    url = s3.generate_presigned_url("get_object", {"Bucket": "multiplexed", "Key": "a//ü"})
    host = "multiplexed.%s:%d:127.0.0.1" % (DOMAIN, TLS)
    command = ["curl", "--silent", "--http2", "--path-as-is", "--cacert", FOLDER / "tls.crt", "--resolve", host]
    found = subprocess.run(command + ["--write-out", " %{http_version} %{http_code}", url], capture_output=True, text=True)
    assert found.stdout == "a 2 200", found


def metrics_are_not_for_clients():
    for host in [DOMAIN, "photos." + DOMAIN]:
        status, text = get("https://%s:%d/metrics" % (host, TLS))
        assert status in (403, 404) and "portcullis_" not in text, (status, text)
    status, text = get("http://127.0.0.1:%d/metrics" % ADMIN)
    assert status == 200 and "portcullis_requests" in text


def large_objects_pass_as_they_come():
    s3 = secure("virtual")
    s3.create_bucket(Bucket="large")
    begin = time.monotonic()
    s3.put_object(Bucket="large", Key="whole", Body=Zeros(UPLOAD_BYTES))
    whole = time.monotonic() - begin
    assert s3.head_object(Bucket="large", Key="whole")["ContentLength"] == UPLOAD_BYTES
    s3.delete_object(Bucket="large", Key="whole")
    begin = time.monotonic()
    if PROXY == "nginx":
        parts = TransferConfig(multipart_chunksize=64 * MIB, max_concurrency=2)
        s3.upload_fileobj(Zeros(UPLOAD_BYTES), "large", "parts", Config=parts)
        assert s3.head_object(Bucket="large", Key="parts")["ContentLength"] == UPLOAD_BYTES
        body = s3.get_object(Bucket="large", Key="parts", Range="bytes=%d-" % (UPLOAD_BYTES - 100 * MIB))["Body"]
        assert sum(len(piece) for piece in body.iter_chunks(MIB)) == 100 * MIB
        s3.delete_object(Bucket="large", Key="parts")
    print("      %d MiB: %.1f s in one request, %.1f s in parts" % (UPLOAD_BYTES // MIB, whole, time.monotonic() - begin))


def the_log_names_client_and_proxy():
    log = (FOLDER / "server.log").read_text()
    assert re.search(r'client="127\.0\.0\.3"( client_port=\d+)? proxy="127\.0\.0\.1:', log), log[-2000:]


def the_unit_file_can_be_read():
    for folder in ["lib", "cache"]:
        assert "/var/%s/portcullis" % folder in PAGE
    unit = FOLDER / "portcullis.service"
    unit.write_text(changed(snippet("ini"), ("/usr/local/bin/portcullis", PROGRAM)))
    found = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert "portcullis.service" not in found.stderr, found.stderr


FOLDER.mkdir(parents=True)
if PROXY == "unit":
    sys.exit(checks.run("unit", [the_unit_file_can_be_read]))
make_certificate()
processes = []
try:
    processes.append(start_server())
    processes.append(start_proxy())
    status = checks.run(PROXY, [
        any_key_signs_right_in_both_styles, bodies_come_in_every_framing, a_policy_can_demand_tls, a_policy_can_demand_an_address,
        clients_may_speak_http_2, metrics_are_not_for_clients, large_objects_pass_as_they_come, the_log_names_client_and_proxy])
finally:
    for process in reversed(processes):
        process.terminate()
        process.wait(60)
sys.exit(status)
