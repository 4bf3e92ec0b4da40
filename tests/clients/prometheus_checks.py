"""The rules of docs/operate/alerts.yml fire, and the panels of the dashboard find data: a real Prometheus scrapes real
servers, each in the conditions that some rules are about.

Some conditions are bugs, broken disks or broken code, which a sound server does not have: the failed volume, failed
commits, a trap, a failing added stage, and functions and webhooks that fail or find no place. For each of these, a page
that was scraped from a server is served with that one value changed; the server has no added stage, function or
webhook, so samples of these are added to the page. All other conditions are real. Only times are changed: how long a
condition has to hold, how far rates look back, and how long a backup may stand still.
"""

import http.server
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

ROOT, BIN, WORK = sys.argv[1:4]
ACCESS, SECRET = "0555b35654ad1656d804", "h7GhxuBLTrlhVUyxSPUKUV8r/2EI4ngqJxD7iBdBYLhwluN30JaT3Q=="
WAIT_MAX = 90
children, mounts = [], []


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


class Server:
    def __init__(self, name, *flags, data=None):
        self.name, self.flags, self.port = name, flags, free_port()
        self.data = data or os.path.join(WORK, name)
        self.start()

    def start(self):
        log = open(os.path.join(WORK, self.name + ".log"), "ab")
        command = [BIN, "serve", "--config", os.path.join(ROOT, "tests/conformance.toml"), "--listen",
                   f"127.0.0.1:{self.port}", "--data-dir", self.data, "--cache-dir",
                   os.environ["CACHE"], "--workers", "1", *self.flags]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        children.append(self.process)
        until(lambda: self.get("/health/ready") is not None, f"{self.name} is ready")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return response.read().decode()
        except OSError:
            return None

    def s3(self):
        return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id=ACCESS,
                            aws_secret_access_key=SECRET, region_name="us-east-1",
                            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


def until(holds, what, seconds=WAIT_MAX):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"FAIL  {what}: not within {seconds} s")
        time.sleep(0.1)


def ignoring(call):
    try:
        return call()
    except Exception as error:  # a refusal is what is wanted
        return error


def serve_changed(page, change):
    """Serves a scraped page with a sample changed, under a port of its own."""
    pattern, value = change
    changed, count = re.subn(rf"^({pattern}) .*$", rf"\1 {value}", page, flags=re.M)
    assert count, f"no sample {pattern} in the page"
    state = {"page": page}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = state["page"].encode()
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], lambda: state.update(page=changed)


def prometheus(targets):
    """Starts Prometheus with the rules. Only times are changed: no condition has to hold for long, and rates are those
    of seconds."""
    rules = open(os.path.join(ROOT, "docs/operate/alerts.yml")).read()
    rules = re.sub(r"for: \w+", "for: 0s", rules)
    rules = re.sub(r"\[(5|10)m\]", "[10s]", rules)
    rules = rules.replace("idle_seconds > 120", "idle_seconds > 1")
    with open(os.path.join(WORK, "alerts.yml"), "w") as file:
        file.write(rules)
    port = free_port()
    with open(os.path.join(WORK, "prometheus.yml"), "w") as file:
        file.write(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
            "rule_files": [os.path.join(WORK, "alerts.yml")],
            "scrape_configs": [{"job_name": "portcullis", "static_configs": [{"targets": targets}]}],
        }))
    log = open(os.path.join(WORK, "prometheus.log"), "wb")
    children.append(subprocess.Popen(
        ["prometheus", f"--config.file={WORK}/prometheus.yml", f"--storage.tsdb.path={WORK}/tsdb",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], stdout=log, stderr=log))

    def ask(path, **parameters):
        url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None  # it starts
            raise SystemExit(f"FAIL  {parameters}: {error.read().decode()}")
        except OSError:
            return None

    until(lambda: ask("query", query="up") is not None, "Prometheus answers")
    return ask


def check_dashboard(ask):
    """What Grafana needs of a dashboard, by its documented model, and data behind each panel."""
    dashboard = json.load(open(os.path.join(ROOT, "docs/operate/grafana-dashboard.json")))
    for name in ("uid", "title", "schemaVersion", "panels", "templating", "time"):
        assert dashboard.get(name), name
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    assert "instance" in variables
    ids, cells = set(), set()
    for panel in dashboard["panels"]:
        assert panel["id"] not in ids and panel["title"] and panel["targets"], panel["id"]
        ids.add(panel["id"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, f"{panel['title']} lies over another"
                cells.add((x, y))
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            query = target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*")
            assert "$" not in query, query
            found = ask("query", query=query)
            assert found["result"], f"{panel['title']}: no data for {query}"
    print(f"ok    {len(ids)} panels find data")


def slow_put(server):
    """A body that takes its time: the response waits for it."""
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", server.port)) as stream:
            url = server.s3().generate_presigned_url("put_object", Params={"Bucket": "photos", "Key": "slow"})
            target = url.split(str(server.port), 1)[1]
            stream.sendall(f"PUT {target} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\ncontent-length: 4\r\n\r\n".encode())
            time.sleep(1.5)
            stream.sendall(b"slow")
            assert b" 200 " in stream.recv(4096)


def disk(name, size):
    """A file system of its own."""
    folder = os.path.join(WORK, name)
    os.makedirs(folder)
    as_root = [] if os.getuid() == 0 else ["sudo"]
    subprocess.run([*as_root, "mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", folder], check=True)
    mounts.append((as_root, folder))
    return folder


def main():
    # A disk of its own, small enough to be filled. The others have one with room, whatever this machine has.
    small, roomy = disk("small", "160m"), disk("roomy", "4g")
    full = Server("full", "--storage-reserve-bytes", "64 MiB", "--storage-segment-bytes", "16 MiB",
                  data=os.path.join(small, "data"))
    deaf = free_port()
    busy = Server("busy", "--limits-connections-max", "40", "--access-log", "text", "--access-log-file", "/dev/full",
                  "--telemetry-otlp-endpoint", f"http://127.0.0.1:{deaf}", "--storage-scrub-bytes-per-second",
                  "64 MiB", "--stage-sample", "1", "--backup-hold-idle-seconds-max", "4",
                  data=os.path.join(roomy, "busy"))
    function = 'portcullis_transform_failures_total{account="000000000001",function="redact",kind="%s"}'
    webhook = 'portcullis_webhook_failures_total{webhook="redact",kind="timed-out"}'
    added = ['portcullis_added_stage_failures_total{stage="audit"}', function % "trapped", function % "busy", webhook]
    page = busy.get("/metrics") + "".join(f"{sample} 0\n" for sample in added)
    changed = [serve_changed(page, change) for change in [
        ("portcullis_volume_failed", 1), ("portcullis_instances_replaced_total", 7),
        ("portcullis_volume_commit_failures_total", 5), *((sample, 3) for sample in added)]]
    restarting = Server("restarting", data=os.path.join(roomy, "restarting"))
    ports = [full.port, busy.port, restarting.port, *(port for port, _ in changed)]
    ask = prometheus([f"127.0.0.1:{port}" for port in ports])
    until(lambda: len(ask("query", query="up == 1")["result"]) == len(ports), "all are scraped")
    loaded = [rule["name"] for group in ask("rules")["groups"] for rule in group["rules"]]
    before = {alert["labels"]["alertname"] for alert in ask("alerts")["alerts"]}
    assert not before, f"already firing: {before}"
    fired = set()

    def watch():
        found = ask("alerts")
        fired.update(alert["labels"]["alertname"] for alert in (found or {"alerts": []})["alerts"]
                     if alert["state"] == "firing")
        return fired

    for _, make_true in changed:
        make_true()
    s3 = busy.s3()
    s3.create_bucket(Bucket="photos")
    for number in range(20):
        s3.put_object(Bucket="photos", Key=f"small-{number}", Body=b"x" * 1000)
    subprocess.run([BIN, "quota", "set", "bucket", "photos", "--objects-max", "24", "--data-dir", busy.data],
                   check=True, stdout=subprocess.DEVNULL)
    # Damage: a body in a file of its own, which goes away under the server.
    s3.put_object(Bucket="photos", Key="lost", Body=os.urandom(2 << 20))
    lost = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(busy.data, "files")) for name in names]
    assert lost, "no file of a body"
    for path in lost:
        os.remove(path)
    ignoring(lambda: s3.get_object(Bucket="photos", Key="lost"))
    slow_put(busy)
    s3_full = full.s3()
    s3_full.create_bucket(Bucket="photos")
    with open(os.path.join(small, "ballast"), "wb") as ballast:
        ignoring(lambda: ballast.write(b"x" * (150 << 20)))
    # A backup that is stopped shows no progress, until the server ends it.
    s3.put_object(Bucket="photos", Key="copied", Body=os.urandom(8 << 20))
    backup = subprocess.Popen([BIN, "backup", os.path.join(roomy, "backups"), "--data-dir", busy.data, "--key-file",
                               os.path.join(roomy, "backup.key"), "--bytes-per-second", "512 KiB"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children.append(backup)
    until(lambda: (busy.get("/metrics") or "").find("portcullis_backup_hold_seconds 1") >= 0, "a backup holds")
    backup.send_signal(signal.SIGSTOP)
    # So few descriptors that the connections below take most of them.
    descriptors = int((len(os.listdir(f"/proc/{busy.process.pid}/fd")) + 39) / 0.85)
    resource.prlimit(busy.process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
    held = [socket.create_connection(("127.0.0.1", busy.port)) for _ in range(39)]
    for stream in held:
        stream.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-first:")
    end = time.monotonic() + WAIT_MAX
    expected = set(loaded) - {"PortcullisDown", "PortcullisRestarting"}
    while not expected <= watch():
        if time.monotonic() > end:
            raise SystemExit(f"FAIL  did not fire: {sorted(expected - fired)}")
        for _ in range(20):
            busy.get("/photos/small-1")
        extra = [ignoring(lambda: socket.create_connection(("127.0.0.1", busy.port), timeout=2)) for _ in range(8)]
        for stream in extra:
            ignoring(lambda: stream.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"))
        ignoring(lambda: s3_full.put_object(Bucket="photos", Key="x", Body=b"x" * (1 << 20)))
        time.sleep(0.2)
        for stream in extra:
            ignoring(stream.close)
    for stream in held:
        stream.close()
    check_dashboard(ask)
    start = f'process_start_time_seconds{{instance="127.0.0.1:{restarting.port}"}}'
    for number in range(1, 4):
        restarting.kill()
        until(lambda: "PortcullisDown" in watch(), "PortcullisDown fires")
        restarting.start()
        until(lambda: ask("query", query=f"changes({start}[15m]) >= {number}")["result"], "the start is scraped")
    until(lambda: set(loaded) <= watch(), "all fire")
    print(f"ok    {len(loaded)} rules fire: {', '.join(sorted(loaded))}")


try:
    main()
finally:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait()
    for as_root, folder in mounts:
        subprocess.run([*as_root, "umount", folder], check=False)
