//! Functions as operators meet them: figures, lines, explanations, shares of the places, and
//! compiled code on the disk.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::transforms::{component, package_of};
use tests::workspace;

const OWN: &str = "000000000001";
const FUNCTIONS: &str = "/2015-03-31/functions";
const GRANTS: &str = "clock,random,objects,scratch,http=api.example.com";
const TEXT: &str = "a cat";

/// A server with a bucket of rules: what is below the name of a function is read through it.
struct Operated {
    server: Server,
    main: Client,
    rules: String,
}

fn operated(flags: &[&str]) -> Operated {
    let server = Server::start_with(flags);
    let mut main = server.client();
    main.put("/notes", "");
    Operated { server, main, rules: String::new() }
}

fn creation(name: &str, of: &str, variables: serde_json::Value) -> serde_json::Value {
    json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "transform",
        "Role": "arn:aws:iam::000000000001:role/none",
        "Code": { "ZipFile": package_of(&component(of)) },
        "Environment": { "Variables": variables },
        "Timeout": 20,
    })
}

impl Operated {
    /// Deploys a function, and has what is below `NAME/` read through it.
    fn deploy(&mut self, name: &str, of: &str, payload: &str, variables: serde_json::Value) {
        let document = creation(name, of, variables);
        let made = self.main.send(Request::new("POST", FUNCTIONS).body(document.to_string()));
        assert_eq!(made.status, 201, "{}", made.text());
        let arn = format!("arn:aws:lambda:us-east-1:{OWN}:function:{name}");
        self.rules += &format!(
            "<Rule><Operation>GetObject</Operation><Prefix>{name}/</Prefix><Payload>{payload}</Payload>\
             <FunctionArn>{arn}</FunctionArn></Rule>"
        );
        let rules = format!("<TransformConfiguration>{}</TransformConfiguration>", self.rules);
        self.main.expect(Request::new("PUT", "/notes?transforms").body(rules));
        self.main.put(&format!("/notes/{name}/cat.txt"), TEXT);
    }

    fn get(&mut self, name: &str) -> Response {
        self.main.send(Request::new("GET", &format!("/notes/{name}/cat.txt")))
    }

    fn portcullis(&self, arguments: &[&str]) -> Output {
        let data = self.server.data().to_str().unwrap();
        Command::new(workspace::binary()).args(arguments).args(["--data-dir", data]).output().unwrap()
    }
}

#[track_caller]
fn says(output: &Output, status: i32, parts: &[&str]) -> String {
    let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    assert_eq!(output.status.code().unwrap(), status, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    text
}

#[test]
fn figures_lines_and_explanations_say_how_a_function_fares() {
    let mut operated = operated(&[]);
    operated.deploy("good", "buffered", "", json!({ "PORTCULLIS_GRANTS": GRANTS, "TOKEN": "hush" }));
    operated.deploy("bad", "buffered", "panic", json!({ "PORTCULLIS_GRANTS": GRANTS, "TOKEN": "hush-hush" }));
    operated.deploy("own", "buffered", "error", json!({ "PORTCULLIS_GRANTS": GRANTS, "TOKEN": "hush" }));
    says(&operated.portcullis(&["transform", "logs", "bad"]), 1, &["has not been called", "transform list"]);
    for _ in 0..3 {
        assert_eq!(operated.get("good").text(), TEXT.to_uppercase());
    }
    let (failed, refused) = (operated.get("bad"), operated.get("own"));
    assert_eq!((failed.status, refused.status), (500, 451));

    let metric = |name: &str, labels: &[&str]| operated.server.metric(name, labels);
    let of = |function: &'static str| [function, "account=\"000000000001\""];
    assert_eq!(metric("portcullis_transform_calls_total", &of("function=\"good\"")), 3.0);
    assert_eq!(metric("portcullis_transform_calls_total", &of("function=\"bad\"")), 1.0);
    let kind = |function, kind| metric("portcullis_transform_failures_total", &[function, kind]);
    assert_eq!(kind("function=\"bad\"", "kind=\"trapped\""), 1.0);
    assert_eq!(kind("function=\"own\"", "kind=\"refused\""), 1.0);
    assert!(metric("portcullis_transform_cpu_seconds_total", &of("function=\"good\"")) > 0.0);
    assert!(metric("portcullis_transform_memory_peak_bytes", &of("function=\"good\"")) > 65536.0);
    assert_eq!(metric("portcullis_limit", &["limit=\"transform_calls\""]), 64.0);

    // The operator is told how it failed, with its last words, and the client is not.
    let id = failed.header("x-amz-request-id").unwrap().to_owned();
    let explained = operated.portcullis(&["explain", &id]);
    let text = says(&explained, 0, &["the function `bad", "failed (trapped)", "last lines", "panicked"]);
    assert!(!text.contains("hush-hush") && !failed.text().contains("panicked"), "{text}");
    let own = refused.header("x-amz-request-id").unwrap().to_owned();
    says(&operated.portcullis(&["explain", &own]), 0, &["the function `own", "refused: 451 NotHere"]);

    let lines = operated.portcullis(&["transform", "logs", "bad"]);
    let text = says(&lines, 0, &[&id, "stderr", "panicked", "failed trapped: "]);
    assert!(!text.contains("hush-hush"), "{text}");
    let other = operated.portcullis(&["transform", "logs", "bad", "--request", "AAAA"]);
    assert_eq!(says(&other, 0, &[]), "");
    let arn = format!("arn:aws:lambda:us-east-1:{OWN}:function:bad");
    says(&operated.portcullis(&["transform", "logs", &arn, "--request", &id]), 0, &["panicked"]);
    says(&operated.portcullis(&["transform", "logs", "b/d"]), 2, &["is no name of a function"]);
}

#[test]
fn lines_are_followed_as_they_come() {
    use std::io::{BufRead as _, BufReader};

    let mut operated = operated(&[]);
    operated.deploy("bad", "buffered", "panic", json!({ "PORTCULLIS_GRANTS": GRANTS, "TOKEN": "hush" }));
    let mut following = Command::new(workspace::binary())
        .args(["transform", "logs", "-f", "bad", "--data-dir", operated.server.data().to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines().map(Result::unwrap);
    for _ in 0..2 {
        let id = operated.get("bad").header("x-amz-request-id").unwrap().to_owned();
        let line = lines.find(|line| line.contains("failed trapped")).unwrap();
        assert!(line.contains(&id), "{line}");
    }
    following.kill().unwrap();
    following.wait().unwrap();
}

/// All who ask for a function that hangs get an error, and nobody else does.
#[test]
fn a_function_that_hangs_refuses_nobody_elses_requests() {
    let flags = ["--transforms-calls-max", "8", "--transforms-call-seconds-max", "4"];
    let mut operated = operated(&flags);
    let more = json!({
        "PORTCULLIS_GRANTS": GRANTS, "PORTCULLIS_LIMITS": "calls_max=1024,queue_ms_max=60000", "TOKEN": "hush",
    });
    operated.deploy("hung", "buffered", "loop", more.clone());
    operated.deploy("good", "buffered", "", more);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let mut client = operated.server.client();
            std::thread::spawn(move || client.send(Request::new("GET", "/notes/hung/cat.txt")).status)
        })
        .collect();
    while operated.server.metric("portcullis_transform_places_used", &[]) < 4.0 {
        std::thread::yield_now();
    }
    for _ in 0..30 {
        let answer = operated.get("good");
        assert_eq!((answer.status, answer.text()), (200, TEXT.to_uppercase()));
    }
    for caller in callers {
        let status = caller.join().unwrap();
        assert!([500, 503].contains(&status), "{status}");
    }
    // A place is given back a moment after the answer.
    while operated.server.metric("portcullis_transform_places_used", &[]) > 0.0 {
        std::thread::yield_now();
    }
}

/// A component as no other test has it: with a section that nobody reads.
fn unique(of: &str, number: u8) -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let mut section = vec![1, b'n', number];
    section.extend(now.to_le_bytes());
    let mut bytes = component(of);
    bytes.extend([0, u8::try_from(section.len()).unwrap()]);
    bytes.extend(section);
    bytes
}

/// The files with the code of a component, in the cache folder of the servers of tests.
fn code_of(component: &[u8]) -> Vec<PathBuf> {
    let digest: String = Sha256::digest(component)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = format!("transform-{digest}");
    let files = workspace::files(&workspace::target().join("tests-cache"), "cwasm");
    files.into_iter().filter(|path| path.to_string_lossy().contains(&digest)).collect()
}

/// What is tried and not deployed leaves no code behind.
#[test]
fn only_what_is_deployed_keeps_its_code() {
    let mut operated = operated(&[]);
    operated.deploy("good", "streaming", "", json!({}));
    let path = format!("{FUNCTIONS}/good/code");
    let mut update = |component: &[u8], dry: bool| {
        let document = json!({ "ZipFile": package_of(component), "DryRun": dry });
        operated.main.send(Request::new("PUT", &path).body(document.to_string())).status
    };
    // One that imports more than it is granted, one that is only tried, and one that is deployed.
    let (refused, tried) = (unique("buffered", 1), unique("streaming", 2));
    assert_eq!(update(&refused, false), 400);
    assert_eq!(code_of(&refused), Vec::<PathBuf>::new());
    assert_eq!(update(&tried, true), 200);
    assert_eq!(code_of(&tried), Vec::<PathBuf>::new());
    assert_eq!(update(&tried, false), 200);
    let kept = code_of(&tried);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(!kept[0].to_string_lossy().contains("tried"), "{kept:?}");
    std::fs::remove_file(&kept[0]).unwrap();
}
