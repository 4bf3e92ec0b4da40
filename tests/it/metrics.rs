//! Metrics as scrapers get them, the page that lists them, and the log of requests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::client::Client;
use tests::http::Request;
use tests::server::Server;
use tests::transforms::{component, creation};
use tests::workspace;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

/// A scrape in a form: its content type, and its text.
fn scrape(server: &Server, accept: &str) -> (String, String) {
    let request = Request::new("GET", "/metrics").header("host", "127.0.0.1").header("accept", accept);
    let response = server.connect().send(&request).unwrap();
    assert_eq!(response.status, 200);
    (response.header("content-type").unwrap().to_owned(), response.text())
}

/// A family of a scrape, as the page shows it.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    kind: String,
    labels: Vec<String>,
    help: String,
}

/// The families of a scrape by their names.
fn families(text: &str) -> BTreeMap<String, Shown> {
    let mut families: BTreeMap<String, Shown> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else {
            let name = &line[..line.find(['{', ' ']).unwrap()];
            let stems =
                ["", "_bucket", "_sum", "_count"].iter().filter_map(|suffix| name.strip_suffix(suffix));
            let stem = stems.into_iter().find(|stem| families.contains_key(*stem));
            let family = stem.and_then(|stem| families.get_mut(stem));
            let family = family.unwrap_or_else(|| panic!("no family for {line}"));
            let labels = line.find('{').map_or("", |start| &line[start + 1..line.rfind('}').unwrap()]);
            for label in labels.split("\",").filter_map(|label| label.split_once("=\"")) {
                let name = label.0.to_owned();
                if name != "le" && !family.labels.contains(&name) {
                    family.labels.push(name);
                }
            }
        }
    }
    families
}

/// Rows of a table of `docs/operate/metrics.md`.
fn table(families: &BTreeMap<String, Shown>) -> String {
    let row = |(name, shown): (&String, &Shown)| {
        let labels: Vec<String> = shown.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {} | {} | {} |\n", shown.kind, labels.join(", "), shown.help)
    };
    let rows: String = families.iter().map(row).collect();
    format!("| name | type | labels | meaning |\n| --- | --- | --- | --- |\n{rows}")
}

#[test]
fn the_page_lists_what_a_scrape_holds() {
    let [port] = tests::server::free_ports();
    let quotas =
        "[[quotas]]\naccount = \"*\"\nbytes_max = 1000000\n\n[[quotas]]\nbucket = \"*\"\nobjects_max = 9\n";
    let webhook = "[[webhooks]]\nname = \"redact\"\nurl = \"http://127.0.0.1:1/\"\n";
    let server = Server::start_configured(port, &format!("{quotas}\n{webhook}"), &[]);
    let mut client = server.client();
    reads_through_functions(&mut client);
    client.put("/photos", "");
    client.put("/photos/cat.jpg", "a cat");
    assert_eq!(client.send(Request::new("GET", "/photos/none.jpg")).status, 404);
    let (_, text) = scrape(&server, "text/plain");
    let printed = table(&families(&text));
    let path = workspace::root().join("docs/operate/metrics.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- metrics -->\n", "<!-- end of metrics -->");
    let (before, rest) = page.split_once(begin).expect("where the table begins");
    let (listed, after) = rest.split_once(end).expect("where the table ends");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{printed}{end}{after}")).unwrap();
    } else {
        // A stage that was added has labels of its own, which this server has not.
        let labels = |text: &str| text.replace("`stage`", "");
        assert_eq!(labels(listed), labels(&printed), "BLESS=1 writes it anew");
    }
}

/// A function that succeeds and one that fails, so that their figures have labels.
fn reads_through_functions(client: &mut Client) {
    client.put("/notes", "");
    client.put("/notes/a.txt", "a note");
    for (name, payload, status) in [("upper", "", 200), ("broken", "panic", 500)] {
        let function = creation(name, &component("streaming"), &[]);
        let made = client.send(Request::new("POST", "/2015-03-31/functions").body(function.to_string()));
        assert_eq!(made.status, 201, "{}", made.text());
        let rules = format!(
            "<TransformConfiguration><Rule><Operation>GetObject</Operation><Payload>{payload}</Payload>\
             <FunctionArn>arn:aws:lambda:us-east-1:000000000001:function:{name}</FunctionArn></Rule>\
             </TransformConfiguration>"
        );
        client.expect(Request::new("PUT", "/notes?transforms").body(rules));
        assert_eq!(client.send(Request::new("GET", "/notes/a.txt")).status, status, "{name}");
    }
}

#[test]
fn a_scraper_gets_the_form_that_it_asks_for() {
    let server = Server::start_with(&["--telemetry-exemplars"]);
    let mut client = server.client();
    let made = client.put("/photos", "");
    let id = made.header("x-amz-request-id").unwrap();
    let (form, text) = scrape(&server, OPENMETRICS);
    assert!(form.starts_with("application/openmetrics-text; version=1.0.0"), "{form}");
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE portcullis_requests counter\n"));
    let exemplar = format!(" # {{request_id=\"{id}\"}} ");
    assert!(text.lines().any(|line| line.contains("CreateBucket") && line.contains(&exemplar)), "{text}");
    let (form, text) = scrape(&server, "text/plain");
    assert_eq!(form, "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains("# TYPE portcullis_requests_total counter\n") && !text.contains(id));
}

#[test]
fn errors_are_counted_by_their_code() {
    let server = Server::start();
    server.client().put("/photos", "");
    assert_eq!(server.anonymous().send(Request::new("GET", "/photos/cat.jpg")).status, 403);
    assert_eq!(server.client().send(Request::new("GET", "/photos/cat.jpg")).status, 404);
    assert_eq!(server.client().send(Request::new("HEAD", "/photos/cat.jpg")).status, 404);
    for (error, code, count) in [("AccessDenied", "403", 1.0), ("NoSuchKey", "404", 2.0)] {
        let labels = [format!("error=\"{error}\""), format!("code=\"{code}\"")];
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        assert_eq!(server.metric("portcullis_errors_total", &labels), count, "{error}");
    }
    assert_eq!(server.metric("portcullis_ready", &[]), 1.0);
    assert!(server.metric("process_resident_memory_bytes", &[]) > 1e6);
    assert!(server.metric("portcullis_volume_free_bytes", &[]) > 0.0);
    assert_eq!(server.metric("portcullis_limit", &["limit=\"in_flight\""]), 1024.0);
}

/// The line of a request, once it is written.
fn logged(read: impl Fn() -> String, request_id: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let text = read();
        if let Some(line) = text.lines().find(|line| line.contains(request_id)) {
            return line.to_owned();
        }
        assert!(Instant::now() < until, "no line of {request_id} in\n{text}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn requests_are_logged_with_who_asked_for_what() {
    let server = Server::start_with(&["--access-log", "json", "--access-log-stages"]);
    server.client().put("/photos", "");
    let put = Request::new("PUT", "/photos/cat.jpg").header("user-agent", "evil\"\tagent").body("a cat");
    let put = server.client().expect(put);
    let denied = server.anonymous().send(Request::new("GET", "/photos/cat.jpg"));
    assert_eq!(denied.status, 403);
    let find = |response: &tests::http::Response| -> Value {
        let line = logged(|| server.log(), response.header("x-amz-request-id").unwrap());
        serde_json::from_str(&line).unwrap()
    };
    let line = find(&put);
    for (name, value) in [
        ("operation", "PutObject"),
        ("bucket", "photos"),
        ("method", "PUT"),
        ("path", "/photos/cat.jpg"),
        ("client", "127.0.0.1"),
        ("user_agent", "evil\"\tagent"),
    ] {
        assert_eq!(line[name], value, "{name} in {line}");
    }
    assert_eq!((&line["status"], &line["bytes_in"]), (&200.into(), &5.into()));
    assert!(line["principal"].as_str().unwrap().starts_with("arn:aws:iam::"), "{line}");
    assert!(line["host"].as_str().unwrap().ends_with(&server.port().to_string()), "{line}");
    assert!(line["stage_micros"]["storage"].is_number() && line["stage_micros"]["commit"].is_number());
    let line = find(&denied);
    assert_eq!((&line["error"], &line["status"]), (&"AccessDenied".into(), &403.into()));
    assert!(line.get("principal").is_none());
    // Probes have no lines: the server was asked whether it is ready before all this.
    assert!(!server.log().contains("/health/ready"));
}

#[test]
fn calls_of_iam_and_sts_are_named_by_their_action() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let flags = ["--access-log", "s3", "--access-log-file", file.to_str().unwrap()];
    let server = Server::start_with(&flags);
    let mut root = server.client();
    for (form, status, name, shown) in [
        ("CreateUser&UserName=alice", 200, "CreateUser", "REST.POST.CREATE_USER"),
        ("GetSessionToken&", 200, "GetSessionToken", "REST.POST.GET_SESSION_TOKEN"),
        // The names are those of a list: a client makes no new ones.
        ("MadeUp5ec2e7", 400, "AwsQuery", "REST.POST.QUERY"),
    ] {
        let response = crate::iam::call(&mut root, form);
        assert_eq!(response.status, status, "{form}: {}", response.text());
        let read = || std::fs::read_to_string(&file).unwrap_or_default();
        let line = logged(read, response.header("x-amz-request-id").unwrap());
        assert!(line.contains(&format!(" {shown} - \"POST / ")), "{line}");
        let label = format!("operation=\"{name}\"");
        assert_eq!(server.metric("portcullis_requests_total", &[&label]), 1.0, "{name}");
        assert!(!line.contains("5ec2e7"), "{line}");
    }
    let denied = crate::iam::call(&mut server.anonymous(), "CreateUser&UserName=mallory");
    assert_eq!(denied.status, 403);
}

#[test]
fn requests_are_logged_in_the_form_of_s3_into_a_file_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let server = Server::start_with(&["--access-log", "s3", "--access-log-file", file.to_str().unwrap()]);
    server.client().put("/photos", "");
    let put = server.client().put("/photos/cat.jpg", "a cat");
    let got = server.client().get("/photos/cat.jpg");
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let line = logged(read, put.header("x-amz-request-id").unwrap());
    assert!(line.contains(" REST.PUT.OBJECT cat.jpg \"PUT /photos/cat.jpg HTTP/1.1\" 200 - - 5 "), "{line}");
    assert!(line.contains(" SigV4 - AuthHeader "), "{line}");
    let line = logged(read, got.header("x-amz-request-id").unwrap());
    assert!(line.contains(" REST.GET.OBJECT cat.jpg \"GET /photos/cat.jpg HTTP/1.1\" 200 - 5 5 "), "{line}");
    // The canonical id of who owns the bucket.
    assert!(line.starts_with("testid photos ["), "{line}");
    assert!(!server.log().contains(put.header("x-amz-request-id").unwrap()));
}

#[test]
fn a_presigned_url_leaves_no_signature_in_the_log() {
    let server = Server::start_with(&["--access-log", "s3"]);
    let target = "/photos/cat.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=5ec2e75ec2e7&X-Amz-Security-Token=t0ken";
    let response = server.anonymous().send(Request::new("GET", target));
    let line = logged(|| server.log(), response.header("x-amz-request-id").unwrap());
    assert!(line.contains("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=REDACTED"), "{line}");
    assert!(!line.contains("5ec2e75ec2e7") && !line.contains("t0ken"), "{line}");
}
