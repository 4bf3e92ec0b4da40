//! Packages that are refused: none of them leaves anything behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tests::http::Request;
use tests::server::Server;
use tests::transforms::{component, package, package_of};

use super::rights::{allow, user};
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
    bucket["Code"] = json!({ "S3Bucket": "b" });
    check(&bucket, "S3Key");
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

#[test]
fn a_package_may_be_an_object_that_the_caller_may_read() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/code", "");
    main.set_versioning("code", "Enabled");
    let bytes = BASE64.decode(package_of(&component("buffered"))).unwrap();
    let first = main.put("/code/a/buffered.zip", bytes.clone());
    main.put("/code/a/buffered.zip", "no package");
    let object = |more: &[(&str, &str)]| -> Value {
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let named = [("S3Bucket", "code"), ("S3Key", "a/buffered.zip")];
    let version = first.header("x-amz-version-id").unwrap().to_owned();
    let mut document = creation("redact");
    document["Code"] = object(&named);
    let line = format!("POST {PATH}");
    let bad = "InvalidParameterValueException";
    refused(&mut main, &line, Some(&document), 400, bad, "no .zip file");
    document["Code"]["S3ObjectVersion"] = json!(version);
    let made = expect(&mut main, &line, Some(&document), 201);
    assert_eq!(made["CodeSize"], bytes.len());
    let update = format!("PUT {PATH}/redact/code");
    main.put("/code/a/buffered.zip", bytes.clone());
    let shown = expect(&mut main, &update, Some(&object(&named)), 200);
    assert_eq!(shown["CodeSha256"], made["CodeSha256"]);

    // What is not there, or is not handed out.
    let none = object(&[("S3Bucket", "code"), ("S3Key", "none.zip")]);
    refused(&mut main, &update, Some(&none), 400, bad, "NoSuchKey");
    let nowhere = object(&[("S3Bucket", "nowhere"), ("S3Key", "none.zip")]);
    refused(&mut main, &update, Some(&nowhere), 403, "AccessDeniedException", "");
    refused(&mut main, &update, Some(&object(&named[..1])), 400, bad, "S3Key");
    main.expect(
        Request::new("PUT", "/code/sealed.zip")
            .header("x-amz-server-side-encryption", "aws:kms")
            .body(bytes.clone()),
    );
    let sealed = object(&[("S3Bucket", "code"), ("S3Key", "sealed.zip")]);
    refused(&mut main, &update, Some(&sealed), 400, bad, "SSE-S3");
    main.put("/code/long.zip", vec![b'x'; (18 << 20) + 1]);
    let long = object(&[("S3Bucket", "code"), ("S3Key", "long.zip")]);
    refused(&mut main, &update, Some(&long), 400, bad, "up to 18874368");
    let rules = format!(
        "<TransformConfiguration><Rule><Operation>GetObject</Operation><Prefix>a/</Prefix>\
         <FunctionArn>arn:aws:lambda:us-east-1:{}:function:redact</FunctionArn></Rule></TransformConfiguration>",
        super::OWN
    );
    main.expect(Request::new("PUT", "/code?transforms").body(rules));
    refused(&mut main, &update, Some(&object(&named)), 400, bad, "transforms the object");
    main.expect(Request::new("DELETE", "/code?transforms"));

    // Who may change a function may not read every object for that.
    let statement = |action: &str, resource: &str| {
        format!("{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"{resource}\"}}")
    };
    let change = statement("lambda:*", "*");
    let mut alice = user(&server, "alice", &[&change]);
    refused(&mut alice, &update, Some(&object(&named)), 403, "AccessDeniedException", "");
    let read = statement("s3:GetObject", "arn:aws:s3:::code/a/*");
    allow(&mut main, "alice", &[&change, &read]);
    expect(&mut alice, &update, Some(&object(&named)), 200);
    let deny = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\
                \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::code/*\"}]}";
    assert_eq!(main.send(Request::new("PUT", "/code?policy").body(deny)).status, 204);
    refused(&mut alice, &update, Some(&object(&named)), 403, "AccessDeniedException", "");
}
