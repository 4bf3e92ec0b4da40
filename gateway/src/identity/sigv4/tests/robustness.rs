//! Any input gets a result, and never a panic.

use proptest::prelude::*;

use super::*;
use crate::identity::sigv4::amz_date::AmzDate;
use crate::identity::sigv4::sign::Unsigned;

/// Text that looks like parts of a signed request, now and then.
fn fragment() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "AWS4-HMAC-SHA256 ",
        "Credential=",
        "SignedHeaders=",
        "Signature=",
        "AK/20130524/r/s3/aws4_request",
        ",",
        ";",
        "=",
        "/",
        "&",
        "%",
        "%2F",
        "+",
        "host",
        "x-amz-date",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Expires=1",
        "X-Amz-Credential=",
        "X-Amz-Signature=0",
        "X-Amz-Date=20130524T000000Z",
        "X-Amz-SignedHeaders=host",
        "\u{e9}",
        "20130524T000000Z",
        "Fri, 24 May 2013 00:00:00 GMT",
        "UNSIGNED-PAYLOAD",
        "-",
        "9",
        "  ",
        "AWS ",
    ]);
    let piece = prop_oneof![3 => words.prop_map(str::to_owned), 1 => "[^\\n]{0,8}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_head_is_answered(
        path in fragment(),
        query in fragment(),
        headers in prop::collection::vec(
            (
                prop::sample::select(vec!["authorization", "x-amz-date", "date", "host", "x-amz-content-sha256", "x-amz-meta-a"]),
                fragment(),
            ),
            0..6,
        ),
        received_ms: u64,
    ) {
        let headers: Headers = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request {
            method: "GET", path: &path, query: &query, host: "h", headers: &headers, form_sha256: None, received_ms,
        };
        if let Ok(Authentication::Signed(signed)) = authenticate(&request) {
            let error = signed.mismatch(&signed.string_to_sign(&sha256(signed.canonical_request())));
            prop_assert!(!error.details.is_empty());
        }
    }

    #[test]
    fn any_text_may_stand_for_a_date(text in fragment(), digits in "[0-9]{8}T[0-9]{6}Z") {
        let _ = AmzDate::parse_http(&text);
        if let Some(date) = AmzDate::parse(&digits) {
            // A leap second is read as the second before, and a year before 1970 as 1970.
            prop_assert!(date.basic() == digits || digits.ends_with("60Z") || digits.as_str() < "1970");
        }
    }

    #[test]
    fn what_is_signed_is_verified(
        path in "(/[^?#\\n]{0,8}){1,3}",
        query in "[^#\\n]{0,24}",
        value in "[ -~]{0,24}",
        length in 0_u64..1000,
    ) {
        prop_assume!(crate::identity::sigv4::presigned::mechanism(&query).is_none());
        let length = length.to_string();
        let list = [
            ("host", "h"),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("x-amz-date", TIMESTAMP),
            ("x-amz-decoded-content-length", length.as_str()),
            ("x-amz-meta-a", value.as_str()),
        ];
        let unsigned = Unsigned { method: "PUT", path: &path, query: &query, headers: &list, date: date() };
        let signature = SIGNER.sign_head(&unsigned, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
        let headers: Headers =
            list.into_iter().chain([("authorization", signature.authorization.as_str())]).collect();
        let request = Request {
            method: "PUT", path: &path, query: &query, host: "h", headers: &headers, form_sha256: None,
            received_ms: date().milliseconds(),
        };
        prop_assert!(verify(&signed(authenticate(&request).unwrap())));
    }
}
