use super::*;

fn rule(inner: &str) -> String {
    format!("<ServerSideEncryptionConfiguration><Rule>{inner}</Rule></ServerSideEncryptionConfiguration>")
}

fn default(inner: &str) -> String {
    format!("<ApplyServerSideEncryptionByDefault>{inner}</ApplyServerSideEncryptionByDefault>")
}

fn kms(name: &str) -> DefaultKey {
    DefaultKey::SseKms(Some(name.to_owned()))
}

#[test]
fn a_configuration_is_read_back_as_written() {
    for key in [DefaultKey::SseS3, DefaultKey::SseKms(None), kms("alias/photos")] {
        for (bucket_key, blocks_sse_c) in [(false, false), (false, true), (true, false), (true, true)] {
            let written = BucketEncryption { key: key.clone(), bucket_key, blocks_sse_c };
            let read = BucketEncryption::parse_document(written.document().as_bytes(), false);
            assert_eq!(read, Ok(written));
        }
    }
}

#[test]
fn what_a_document_does_not_say() {
    let aes = default("<SSEAlgorithm>AES256</SSEAlgorithm>");
    let read = |inner: &str, blocks| BucketEncryption::parse_document(rule(inner).as_bytes(), blocks);
    let of = |blocks_sse_c| BucketEncryption { blocks_sse_c, ..Default::default() };
    assert_eq!(read(&aes, true), Ok(of(true)), "what is refused stays refused");
    assert_eq!(read(&aes, false), Ok(of(false)));
    let none = "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";
    assert_eq!(read(none, true), Ok(of(false)), "a rule may be about this alone");
    let managed =
        default("<SSEAlgorithm>aws:kms</SSEAlgorithm>") + "<BucketKeyEnabled>true</BucketKeyEnabled>";
    let expected = BucketEncryption { key: DefaultKey::SseKms(None), bucket_key: true, ..of(true) };
    assert_eq!(read(&managed, true), Ok(expected));
}

#[test]
fn what_is_no_configuration() {
    let algorithm = |name: &str| default(&format!("<SSEAlgorithm>{name}</SSEAlgorithm>"));
    let with_key = |name: &str, key: &str| {
        default(&format!("<SSEAlgorithm>{name}</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"))
    };
    let blocked = |types: &str| format!("<BlockedEncryptionTypes>{types}</BlockedEncryptionTypes>");
    let cases = [
        (String::new(), ErrorCode::MalformedXML),
        (default(""), ErrorCode::MalformedXML),
        (algorithm("aes256"), ErrorCode::MalformedXML),
        (algorithm("aws:fsx"), ErrorCode::MalformedXML),
        (algorithm("aws:kms:dsse"), ErrorCode::NotImplemented),
        (with_key("AES256", "k"), ErrorCode::InvalidArgument),
        (with_key("aws:kms", ""), ErrorCode::MalformedXML),
        (with_key("aws:kms", "a b"), ErrorCode::MalformedXML),
        (with_key("aws:kms", "a&#1;"), ErrorCode::MalformedXML),
        (with_key("aws:kms", "clé"), ErrorCode::MalformedXML),
        (with_key("aws:kms", &"k".repeat(KEY_NAME_LENGTH_MAX + 1)), ErrorCode::MalformedXML),
        ("<BucketKeyEnabled>true</BucketKeyEnabled>".to_owned(), ErrorCode::MalformedXML),
        (algorithm("AES256") + "<BucketKeyEnabled>yes</BucketKeyEnabled>", ErrorCode::MalformedXML),
        (algorithm("AES256") + "<Other/>", ErrorCode::MalformedXML),
        (blocked(""), ErrorCode::MalformedXML),
        (blocked("<EncryptionType>SSE-S3</EncryptionType>"), ErrorCode::MalformedXML),
        (
            blocked("<EncryptionType>NONE</EncryptionType><EncryptionType>SSE-C</EncryptionType>"),
            ErrorCode::MalformedXML,
        ),
    ];
    let code = |text: &str| BucketEncryption::parse_document(text.as_bytes(), false).unwrap_err().code;
    for (inner, expected) in cases {
        assert_eq!(code(&rule(&inner)), expected, "{inner}");
    }
    let one = rule(&algorithm("AES256"));
    let two = one.replace("</Rule>", &format!("</Rule><Rule>{}</Rule>", algorithm("AES256")));
    for text in ["", "<ServerSideEncryptionConfiguration/>", "<Rule/>", &two] {
        assert_eq!(code(text), ErrorCode::MalformedXML, "{text}");
    }
    let refused = BucketEncryption::parse_document(rule(&with_key("AES256", "k")).as_bytes(), false);
    let refused = refused.unwrap_err();
    assert_eq!(refused.message.as_deref(), Some(NO_KEY));
    assert_eq!(refused.details, [("ArgumentName", "ApplyServerSideEncryptionByDefault".to_owned())]);
}
