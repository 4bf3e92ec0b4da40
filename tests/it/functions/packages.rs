//! Packages that are refused: none of them leaves anything behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tests::server::Server;
use tests::transforms::{component, package, package_of};

use super::{GRANTS, PATH, create, creation, expect, refused};

/// The document of CreateFunction with another package.
fn with(zip: &str) -> Value {
    let mut document = creation("redact");
    document["Code"]["ZipFile"] = json!(zip);
    document
}

#[test]
fn what_cannot_be_run_is_not_deployed() {
    let mut server = Server::start();
    let mut main = server.client();
    let mut check = |document: &Value, part: &str| {
        let line = format!("POST {PATH}");
        refused(&mut main, &line, Some(document), 400, "InvalidParameterValueException", part);
    };
    let component = component("buffered");
    check(&with("%%%"), "not in base64");
    check(&with(&BASE64.encode("no zip")), "no .zip file");
    check(&with(&BASE64.encode(&component)), "this is a component");
    check(&with(&BASE64.encode(package(&[("index.js", b"x")]))), "0 files");
    check(&with(&BASE64.encode(package(&[("a.wasm", b"x"), ("b.wasm", b"y")]))), "2 files");
    check(&with(&package_of(b"\0asm\x0d\0\x01\0")), "exports nothing of portcullis:transform@0.1.0");
    check(&with(&package_of(b"no component")), "no component that this server can compile");
    check(&with(&package_of(&vec![0; (64 << 20) + 1])), "more than 67108864 bytes");
    let mut ungranted = creation("redact");
    ungranted["Environment"]["Variables"]["PORTCULLIS_GRANTS"] = json!("clock");
    check(&ungranted, "which it is not granted");
    let mut unknown = creation("redact");
    unknown["Environment"]["Variables"]["PORTCULLIS_GRANTS"] = json!("everything");
    check(&unknown, "nothing called `everything`");
    let mut limit = creation("redact");
    limit["Environment"]["Variables"]["PORTCULLIS_LIMITS"] = json!("cpu_ms_max=0");
    check(&limit, "cpu_ms_max = 0");
    let mut image = creation("redact");
    image["PackageType"] = json!("Image");
    check(&image, "PackageType");
    let mut bucket = creation("redact");
    bucket["Code"] = json!({ "S3Bucket": "b", "S3Key": "k" });
    check(&bucket, "S3Bucket");
    let listed = expect(&mut main, &format!("GET {PATH}"), None, 200);
    assert_eq!(listed["Functions"], json!([]));
    server.kill();
    let checked = server.check().unwrap();
    assert!(checked.contains(" 0 blobs of 0 bytes"), "{checked}");
}

#[test]
fn code_and_settings_change_together_with_what_they_need() {
    let mut server = Server::start();
    let mut main = server.client();
    let made = create(&mut main, "redact");
    // Less granted than the code imports.
    let less = json!({ "Environment": { "Variables": { "PORTCULLIS_GRANTS": "clock" } } });
    let line = format!("PUT {PATH}/redact/configuration");
    refused(&mut main, &line, Some(&less), 400, "InvalidParameterValueException", "which it is not granted");
    // What was shown in the place of a secret leaves it as it is.
    let same = json!({ "Environment": { "Variables": { "PORTCULLIS_GRANTS": GRANTS, "TOKEN": "***" } } });
    let changed = expect(&mut main, &line, Some(&same), 200);
    assert_eq!(changed["Environment"]["Variables"]["TOKEN"], "***");
    let code = json!({ "ZipFile": package_of(&component("streaming")), "DryRun": true });
    let dry = expect(&mut main, &format!("PUT {PATH}/redact/code"), Some(&code), 200);
    assert_ne!(dry["CodeSha256"], made["CodeSha256"]);
    let shown = expect(&mut main, &format!("GET {PATH}/redact/configuration"), None, 200);
    assert_eq!(shown["CodeSha256"], made["CodeSha256"]);
    let code = json!({ "ZipFile": package_of(&component("streaming")), "Publish": true });
    let updated = expect(&mut main, &format!("PUT {PATH}/redact/code"), Some(&code), 200);
    assert_eq!((&updated["CodeSha256"], &updated["Version"]), (&dry["CodeSha256"], &json!("1")));
    let stale = json!({ "ZipFile": package_of(&component("streaming")), "RevisionId": made["RevisionId"] });
    let line = format!("PUT {PATH}/redact/code");
    refused(&mut main, &line, Some(&stale), 412, "PreconditionFailedException", "RevisionId");
    // The secret is neither in the log nor, in clear, in the data folder.
    assert!(!server.log().contains("hush-hush"));
    server.kill();
    let found = |folder: &std::path::Path| {
        let mut folders = vec![folder.to_owned()];
        let mut found = false;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let bytes = std::fs::read(&path).unwrap_or_default();
                        found |= bytes.windows(9).any(|window| window == b"hush-hush");
                    }
                }
            }
        }
        found
    };
    assert!(!found(server.data()));
    let checked = server.check().unwrap();
    assert!(checked.contains("0 problems"), "{checked}");
}
