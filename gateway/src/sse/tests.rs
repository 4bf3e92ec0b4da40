use super::*;
use crate::errors::Result;
use crate::request::headers::Headers;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Names and values.
type Lines<'a> = &'a [(&'a str, &'a str)];

const ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const KEY: &str = "x-amz-server-side-encryption-customer-key";
const KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

/// Not MD5, but different for different bytes.
fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut sum = [0; 16];
    sum[0] = bytes.len() as u8;
    for (at, byte) in bytes.iter().enumerate() {
        sum[1 + at % 15] ^= byte.rotate_left(at as u32 / 15);
    }
    sum
}

fn key_of(bytes: &[u8]) -> (String, String) {
    (BASE64.encode(bytes), BASE64.encode(digest(bytes)))
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().copied().collect()
}

fn requested(pairs: &[(&str, &str)]) -> Result<RequestedSealing> {
    RequestedSealing::parse(&headers(pairs), true, &digest)
}

/// Code, message, value of the argument.
fn refusal(error: crate::errors::S3Error) -> (String, String, String) {
    let value = error.details.iter().find(|(name, _)| *name == "ArgumentValue");
    let message = error.message.clone().unwrap_or_else(|| error.code.message().to_owned());
    (error.code.to_string(), message, value.map(|(_, value)| value.clone()).unwrap_or_default())
}

#[test]
fn a_key_that_is_brought_along_is_read() {
    let (key, md5) = key_of(&[7; 32]);
    let sent = [(ALGORITHM, "AES256"), (KEY, &*key), (KEY_MD5, &*md5)];
    let RequestedSealing::SseC(read) = requested(&sent).unwrap() else { panic!("another method") };
    assert_eq!((read.key, &read.md5), ([7; 32], &md5));
    assert_eq!(format!("{read:?}"), "CustomerKey([redacted])");
    assert!(!format!("{:?}", SentCustomerKey::of(&headers(&sent), names::OBJECT)).contains(&key));
    // Reads need no digest, writes do.
    let without = headers(&sent[..2]);
    let sent = SentCustomerKey::of(&without, names::OBJECT).unwrap();
    assert_eq!(sent.read(Use::Read, true, &digest).unwrap(), read);
    let missing = "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated \
                   MD5 of the secret key.";
    assert_eq!(refusal(sent.read(Use::Write, true, &digest).unwrap_err()).1, missing);
}

#[test]
fn base64_is_read_as_leniently_as_by_s3() {
    let (key, md5) = key_of(&[9; 32]);
    for dirty in [
        format!("{key}!!!!#"),
        format!("!#{key}"),
        key.replace('=', ""),
        format!("{} {}", &key[..9], &key[9..]),
    ] {
        let sent = headers(&[(ALGORITHM, "AES256"), (KEY, &dirty), (KEY_MD5, &md5)]);
        let read = SentCustomerKey::of(&sent, names::OBJECT).unwrap().read(Use::Read, true, &digest).unwrap();
        assert_eq!(read.key, [9; 32], "{dirty}");
    }
}

#[test]
fn keys_that_do_not_fit_are_refused_in_the_order_of_s3() {
    let (key, md5) = key_of(&[7; 32]);
    let (short, short_md5) = key_of(&[7; 24]);
    let provide = |what| {
        format!("Requests specifying Server Side Encryption with Customer provided keys must provide {what}")
    };
    let mismatch = "The calculated MD5 hash of the key did not match the hash that was provided.".to_owned();
    let invalid = "The secret key was invalid for the specified algorithm.".to_owned();
    let cases: [(Lines<'_>, &str, String, &str); 10] = [
        (
            &[(KEY, &key), (KEY_MD5, &md5)],
            "InvalidArgument",
            provide("a valid encryption algorithm."),
            "null",
        ),
        (&[(KEY_MD5, &md5)], "InvalidArgument", provide("a valid encryption algorithm."), "null"),
        (&[(ALGORITHM, "AES256")], "InvalidArgument", provide("an appropriate secret key."), "null"),
        (
            &[(ALGORITHM, "AES256"), (KEY_MD5, &md5)],
            "InvalidArgument",
            provide("an appropriate secret key."),
            "null",
        ),
        (
            &[(ALGORITHM, "AES128"), (KEY, &short), (KEY_MD5, "x")],
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.".to_owned(),
            "AES128",
        ),
        (
            &[(ALGORITHM, "AES256"), (KEY, &key), (KEY_MD5, &short_md5)],
            "InvalidArgument",
            mismatch.clone(),
            "null",
        ),
        (
            &[(ALGORITHM, "AES256"), (KEY, &short), (KEY_MD5, &md5)],
            "InvalidArgument",
            mismatch.clone(),
            "null",
        ),
        (
            &[(ALGORITHM, "AES256"), (KEY, "not-base64!"), (KEY_MD5, &md5)],
            "InvalidArgument",
            mismatch,
            "null",
        ),
        (&[(ALGORITHM, "AES256"), (KEY, &short), (KEY_MD5, &short_md5)], "InvalidArgument", invalid, "null"),
        (
            &[(ALGORITHM, "AES256"), (KEY, "####"), (KEY_MD5, &md5)],
            "InvalidArgument",
            "The secret key was invalid - too short.".to_owned(),
            "null",
        ),
    ];
    for (sent, code, message, value) in cases {
        let error = requested(sent).unwrap_err();
        assert!(!format!("{error:?}").contains(&key), "a key is repeated");
        assert_eq!(refusal(error), (code.to_owned(), message, value.to_owned()), "{sent:?}");
    }
    // When reading, a key of another length counts as a wrong key.
    let sent = headers(&[(ALGORITHM, "AES256"), (KEY, &short), (KEY_MD5, &short_md5)]);
    let error =
        SentCustomerKey::of(&sent, names::OBJECT).unwrap().read(Use::Read, true, &digest).unwrap_err();
    assert_eq!(error, wrong_key());
}

#[test]
fn a_key_does_not_come_over_an_open_connection() {
    let sent = headers(&[(ALGORITHM, "no matter"), (KEY, "no matter")]);
    let error = RequestedSealing::parse(&sent, false, &digest).unwrap_err();
    let message = "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.";
    assert_eq!(refusal(error), ("InvalidRequest".to_owned(), message.to_owned(), String::new()));
    // Other ways of sealing need no encrypted connection.
    assert_eq!(
        RequestedSealing::parse(&headers(&[(HEADER, "AES256")]), false, &digest),
        Ok(RequestedSealing::SseS3)
    );
}

#[test]
fn the_headers_of_a_source_are_others() {
    let (key, md5) = key_of(&[7; 32]);
    let sent = headers(&[
        ("x-amz-copy-source-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-copy-source-server-side-encryption-customer-key", &key),
        ("x-amz-copy-source-server-side-encryption-customer-key-md5", &md5),
    ]);
    assert!(SentCustomerKey::of(&sent, names::OBJECT).is_none());
    let read = SentCustomerKey::of(&sent, names::SOURCE).unwrap().read(Use::Read, true, &digest).unwrap();
    assert_eq!(read.key, [7; 32]);
    assert_eq!(
        RequestedSealing::parse(&sent, true, &digest),
        Ok(RequestedSealing::Nothing { bucket_key: None })
    );
}

#[test]
fn a_method_is_read_with_what_belongs_to_it() {
    const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
    const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
    assert_eq!(requested(&[]), Ok(RequestedSealing::Nothing { bucket_key: None }));
    assert_eq!(requested(&[(BUCKET_KEY, "true")]), Ok(RequestedSealing::Nothing { bucket_key: Some(true) }));
    assert_eq!(requested(&[(HEADER, "AES256")]), Ok(RequestedSealing::SseS3));
    let context = BASE64.encode(r#"{"b":"2","a":"1"}"#);
    let sent =
        [(HEADER, "aws:kms"), (KEY_ID, "alias/x"), (BUCKET_KEY, "False"), (context::HEADER, &*context)];
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let choice = MasterKeyChoice {
        name: Some("alias/x".to_owned()),
        context: vec![pair("a", "1"), pair("b", "2")],
        bucket_key: Some(false),
    };
    assert_eq!(requested(&sent), Ok(RequestedSealing::SseKms(choice)));
    let nothing = MasterKeyChoice { name: None, context: Vec::new(), bucket_key: None };
    assert_eq!(requested(&[(HEADER, "aws:kms")]), Ok(RequestedSealing::SseKms(nothing)));
}

#[test]
fn methods_that_do_not_fit_are_refused() {
    const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
    const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
    let unsupported = "The encryption method specified is not supported";
    let requires = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                    aws:kms";
    let incompatible = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified";
    let cases: [(Lines<'_>, &str, &str); 10] = [
        (&[(HEADER, "")], unsupported, ""),
        (&[(HEADER, "aes256")], unsupported, "aes256"),
        (&[(HEADER, "aes:kms")], unsupported, "aes:kms"),
        (&[(HEADER, "aws:fsx")], unsupported, "aws:fsx"),
        (&[(KEY_ID, "k")], requires, "null"),
        (&[(HEADER, "AES256"), (KEY_ID, "k")], requires, "AES256"),
        (&[(HEADER, "AES256"), (BUCKET_KEY, "true")], requires, "AES256"),
        (&[(context::HEADER, "e30=")], requires, "null"),
        // Refused before the key is read.
        (&[(HEADER, "AES256"), (ALGORITHM, "x")], incompatible, "AES256"),
        (&[(HEADER, "aws:kms"), (KEY, "x")], incompatible, "aws:kms"),
    ];
    for (sent, message, value) in cases {
        let expected = ("InvalidArgument".to_owned(), message.to_owned(), value.to_owned());
        assert_eq!(refusal(requested(sent).unwrap_err()), expected, "{sent:?}");
    }
    let layered = requested(&[(HEADER, "aws:kms:dsse")]).unwrap_err();
    assert_eq!(layered.code, ErrorCode::NotImplemented);
    assert_eq!(requested(&[(BUCKET_KEY, "maybe")]).unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn a_context_is_a_map_of_texts() {
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(context::LENGTH_MAX));
    for text in ["", "null", "[]", r#"{"a":1}"#, r#"{"a":{"b":"c"}}"#, "{", r#"{"aws:s3:arn":"x"}"#, &long] {
        let error = context::parse(&BASE64.encode(text)).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{text:.20}");
    }
    assert!(context::parse("no base64").is_err());
    let pairs = context::parse(&BASE64.encode(r#"{"b":"2", "a":"\u00e9"}"#)).unwrap();
    assert_eq!(context::parse(&context::print(&pairs)).unwrap(), pairs);
    let all = context::of_object("photos", "a/b", &pairs, false);
    assert_eq!(context::to_json(&all), r#"{"a":"é","aws:s3:arn":"arn:aws:s3:::photos/a/b","b":"2"}"#);
    let all = context::of_object("photos", "a/b", &[], true);
    assert_eq!(context::to_json(&all), r#"{"aws:s3:arn":"arn:aws:s3:::photos"}"#);
}

#[test]
fn headers_about_sealing_are_told_from_others() {
    for name in [
        HEADER,
        KEY,
        "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key",
        "x-amz-server-side-encryption-new",
    ] {
        assert!(is_about(name), "{name}");
    }
    for name in ["", "x-amz-acl", "server-side", "encryption"] {
        assert!(!is_about(name), "{name}");
    }
}

#[test]
fn what_is_said_twice_is_refused() {
    let read = |lines: &str| refuse_repeated(&Headers::parse(lines.to_owned()));
    assert_eq!(read("x-amz-meta-a: 1\nx-amz-meta-a: 2\nx-amz-server-side-encryption: AES256\n"), Ok(()));
    let twice =
        read("x-amz-server-side-encryption: AES256\nx-amz-server-side-encryption: AES256\n").unwrap_err();
    assert_eq!(twice.code, crate::errors::ErrorCode::InvalidRequest);
    assert!(
        read(&format!("{KEY}: c2VjcmV0\n{KEY}: c2VjcmV0\n"))
            .is_err_and(|error| !format!("{error:?}").contains("c2VjcmV0"))
    );
}
