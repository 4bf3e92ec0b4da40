//! What is asked of those who read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sdk::ManagedKey;

use super::*;

fn digest(bytes: &[u8]) -> [u8; 16] {
    [bytes.first().copied().unwrap_or_default(); 16]
}

fn keyed(prefix: &str) -> Headers {
    let (key, md5) = (BASE64.encode([5; 32]), BASE64.encode([5; 16]));
    let lines = [("algorithm", "AES256"), ("key", &*key), ("key-md5", &*md5)];
    Headers::parse(lines.map(|(name, value)| format!("{prefix}-customer-{name}: {value}\n")).concat())
}

fn managed() -> KeptProtection {
    let arn = "arn:aws:kms:us-east-1:000000000001:key/k".to_owned();
    KeptProtection::Managed(ManagedKey { arn, context: Vec::new(), bucket_key: false })
}

/// What comes of headers: a word, or the message of the refusal.
fn judged(headers: &Headers, role: SealedRole, protection: KeptProtection) -> String {
    match plan(headers, Sealed { role, protection }, true, &digest) {
        Ok(Protection::Folder) => "folder".to_owned(),
        Ok(Protection::Managed(key)) => key.arn,
        Ok(Protection::Customer(key)) => format!("{} {}", key.key.len(), key.md5),
        Err(error) => format!("{} {}", error.code, error.message.unwrap_or_default()),
    }
}

#[test]
fn each_role_has_its_headers_and_its_words() {
    let none = Headers::default();
    let object = keyed("x-amz-server-side-encryption");
    let source = keyed("x-amz-copy-source-server-side-encryption");
    let opened = format!("32 {}", BASE64.encode([5; 16]));
    let missing = format!("InvalidRequest {}", sse::key_is_missing().message.unwrap());
    let foreign = format!("InvalidRequest {}", sse::not_applicable().message.unwrap());
    let differs = format!("InvalidRequest {}", sse::upload_differs().message.unwrap());
    let arn = "arn:aws:kms:us-east-1:000000000001:key/k".to_owned();
    let folder = "folder".to_owned();
    for (role, own, other) in [(SealedRole::Object, &object, &source), (SealedRole::Source, &source, &object)]
    {
        for headers in [&none, other] {
            assert_eq!(judged(headers, role, KeptProtection::Folder), folder);
            assert_eq!(judged(headers, role, KeptProtection::Customer), missing);
            assert_eq!(judged(headers, role, managed()), arn);
        }
        assert_eq!(judged(own, role, KeptProtection::Folder), foreign);
        assert_eq!(judged(own, role, KeptProtection::Customer), opened);
        assert_eq!(judged(own, role, managed()), foreign);
    }
    let role = SealedRole::Upload;
    assert_eq!(judged(&none, role, KeptProtection::Folder), folder);
    assert_eq!(judged(&none, role, KeptProtection::Customer), differs);
    assert_eq!(judged(&object, role, KeptProtection::Customer), opened);
    assert_eq!(judged(&object, role, KeptProtection::Folder), differs);
    assert_eq!(judged(&object, role, managed()), differs);
    assert_eq!(judged(&source, role, managed()), arn);
}

#[test]
fn reads_do_not_say_how_to_write() {
    let headers: Headers = [(HEADER, "AES256")].into_iter().collect();
    let refused =
        "InvalidArgument x-amz-server-side-encryption header is not supported for this operation.".to_owned();
    assert_eq!(judged(&headers, SealedRole::Object, KeptProtection::Folder), refused);
    assert_eq!(judged(&headers, SealedRole::Object, KeptProtection::Customer), refused);
    // Of a copy it is about the new object; with a part, clients repeat what they said of the
    // upload.
    for role in [SealedRole::Source, SealedRole::Upload] {
        assert_eq!(judged(&headers, role, KeptProtection::Folder), "folder");
    }
}
