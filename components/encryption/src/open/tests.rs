//! What a request needs in order to read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sdk::SseKmsKey;

use super::*;

fn digest(bytes: &[u8]) -> [u8; 16] {
    [bytes.first().copied().unwrap_or_default(); 16]
}

fn keyed(prefix: &str) -> Headers {
    let (key, md5) = (BASE64.encode([5; 32]), BASE64.encode([5; 16]));
    let lines = [("algorithm", "AES256"), ("key", &*key), ("key-md5", &*md5)];
    Headers::parse(lines.map(|(name, value)| format!("{prefix}-customer-{name}: {value}\n")).concat())
}

fn sse_kms() -> KeptProtection {
    let arn = "arn:aws:kms:us-east-1:000000000001:key/k".to_owned();
    KeptProtection::SseKms(SseKmsKey { arn, context: Vec::new(), bucket_key: false })
}

/// What the headers lead to: the sealing or its key, or the message of the refusal.
fn opened_with(headers: &Headers, role: SealedRole, protection: KeptProtection) -> String {
    match plan(headers, Sealed { role, protection }, true, &digest) {
        Ok(Protection::SseS3) => "sse_s3".to_owned(),
        Ok(Protection::SseKms(key)) => key.arn,
        Ok(Protection::SseC(key)) => format!("{} {}", key.key.len(), key.md5),
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
    let sse_s3 = "sse_s3".to_owned();
    for (role, own, other) in [(SealedRole::Object, &object, &source), (SealedRole::Source, &source, &object)]
    {
        for headers in [&none, other] {
            assert_eq!(opened_with(headers, role, KeptProtection::SseS3), sse_s3);
            assert_eq!(opened_with(headers, role, KeptProtection::SseC), missing);
            assert_eq!(opened_with(headers, role, sse_kms()), arn);
        }
        assert_eq!(opened_with(own, role, KeptProtection::SseS3), foreign);
        assert_eq!(opened_with(own, role, KeptProtection::SseC), opened);
        assert_eq!(opened_with(own, role, sse_kms()), foreign);
    }
    let role = SealedRole::Upload;
    assert_eq!(opened_with(&none, role, KeptProtection::SseS3), sse_s3);
    assert_eq!(opened_with(&none, role, KeptProtection::SseC), differs);
    assert_eq!(opened_with(&object, role, KeptProtection::SseC), opened);
    assert_eq!(opened_with(&object, role, KeptProtection::SseS3), differs);
    assert_eq!(opened_with(&object, role, sse_kms()), differs);
    assert_eq!(opened_with(&source, role, sse_kms()), arn);
}

#[test]
fn reads_do_not_say_how_to_write() {
    let headers: Headers = [(HEADER, "AES256")].into_iter().collect();
    let refused =
        "InvalidArgument x-amz-server-side-encryption header is not supported for this operation.".to_owned();
    assert_eq!(opened_with(&headers, SealedRole::Object, KeptProtection::SseS3), refused);
    assert_eq!(opened_with(&headers, SealedRole::Object, KeptProtection::SseC), refused);
    // Of a copy, the header is about the new object. With a part, clients repeat what they sent for
    // the upload.
    for role in [SealedRole::Source, SealedRole::Upload] {
        assert_eq!(opened_with(&headers, role, KeptProtection::SseS3), "sse_s3");
    }
}
