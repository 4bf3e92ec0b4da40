//! The published examples, and cases that they do not cover.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// The secret of every example of
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

struct Sent<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    bucket: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
    /// On the day of the examples.
    now: &'a str,
}

impl Sent<'_> {
    fn read<T>(&self, look: impl FnOnce(Option<Result<Signed<'_>, S3Error>>) -> T) -> T {
        let headers: Headers = self.headers.iter().copied().collect();
        let request = Request {
            method: self.method,
            path: self.path,
            query: self.query,
            host: "s3.example.com",
            headers: &headers,
            form_sha256: None,
            received_ms: AmzDate::parse_http(self.now).unwrap().milliseconds(),
        };
        look(authenticate(&request, || self.bucket))
    }

    fn error(&self) -> S3Error {
        self.read(|read| read.unwrap().unwrap_err())
    }
}

const GET: Sent<'static> = Sent {
    method: "GET",
    path: "/photos/puppy.jpg",
    query: "",
    bucket: Some("johnsmith"),
    headers: &[],
    now: "Tue, 27 Mar 2007 19:36:42 +0000",
};

fn mac(text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(text);
    BASE64.encode(mac.finalize().into_bytes())
}

fn is_signed_as_published(sent: &Sent<'_>, text: &str, signature: &str) {
    let authorization = format!("AWS AKIAIOSFODNN7EXAMPLE:{signature}");
    let headers = [sent.headers, &[("authorization", authorization.as_str())]].concat();
    Sent { headers: &headers, ..*sent }.read(|read| {
        let signed = read.unwrap().unwrap();
        assert_eq!(signed.string_to_sign(), text);
        assert_eq!(mac(text), signature);
        assert_eq!((signed.access_key_id(), signed.signature()), ("AKIAIOSFODNN7EXAMPLE", signature));
    });
}

#[test]
fn the_published_examples_are_signed_as_published() {
    let examples: [(Sent<'_>, &str, &str); 4] = [
        (
            Sent { headers: &[("date", "Tue, 27 Mar 2007 19:36:42 +0000")], ..GET },
            "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/johnsmith/photos/puppy.jpg",
            "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
        ),
        (
            Sent {
                method: "PUT",
                headers: &[("content-type", "image/jpeg"), ("date", "Tue, 27 Mar 2007 21:15:45 +0000")],
                now: "Tue, 27 Mar 2007 21:15:45 +0000",
                ..GET
            },
            "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/johnsmith/photos/puppy.jpg",
            "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
        ),
        (
            Sent {
                path: "/",
                query: "prefix=photos&max-keys=50&marker=puppy",
                headers: &[("date", "Tue, 27 Mar 2007 19:42:41 +0000")],
                ..GET
            },
            "GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/johnsmith/",
            "htDYFYduRNen8P9ZfE/s9SuKy0U=",
        ),
        (
            Sent { path: "/", query: "acl", headers: &[("date", "Tue, 27 Mar 2007 19:44:46 +0000")], ..GET },
            "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/johnsmith/?acl",
            "c2WLPFtWHVgbEmeEG93a4cG37dM=",
        ),
    ];
    for (sent, text, signature) in examples {
        is_signed_as_published(&sent, text, signature);
    }
}

#[test]
fn the_published_examples_with_headers_and_without_a_bucket_too() {
    let examples: [(Sent<'_>, &str, &str); 3] = [
        (
            Sent {
                method: "PUT",
                path: "/db-backup.dat.gz",
                bucket: Some("static.johnsmith.net"),
                headers: &[
                    ("user-agent", "curl/7.15.5"),
                    ("host", "static.johnsmith.net:8080"),
                    ("date", "Tue, 27 Mar 2007 21:06:08 +0000"),
                    ("x-amz-acl", "public-read"),
                    ("content-type", "application/x-download"),
                    ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
                    ("x-amz-meta-reviewedby", "joe@johnsmith.net"),
                    ("x-amz-meta-reviewedby", "jane@johnsmith.net"),
                    ("x-amz-meta-filechecksum", "0x02661779"),
                    ("x-amz-meta-checksumalgorithm", "crc32"),
                    ("content-length", "5913339"),
                ],
                now: "Tue, 27 Mar 2007 21:06:08 +0000",
                ..GET
            },
            "PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\nTue, 27 Mar 2007 21:06:08 +0000\n\
             x-amz-acl:public-read\nx-amz-meta-checksumalgorithm:crc32\nx-amz-meta-filechecksum:0x02661779\n\
             x-amz-meta-reviewedby:joe@johnsmith.net,jane@johnsmith.net\n\
             /static.johnsmith.net/db-backup.dat.gz",
            "ilyl83RwaSoYIEdixDQcA4OnAnc=",
        ),
        (
            Sent {
                path: "/",
                bucket: None,
                headers: &[("date", "Wed, 28 Mar 2007 01:29:59 +0000")],
                now: "Wed, 28 Mar 2007 01:29:59 +0000",
                ..GET
            },
            "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/",
            "qGdzdERIC03wnaRNKh6OqZehG9s=",
        ),
        (
            Sent {
                path: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
                bucket: None,
                headers: &[("date", "Wed, 28 Mar 2007 01:49:49 +0000")],
                now: "Wed, 28 Mar 2007 01:49:49 +0000",
                ..GET
            },
            "GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
            "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
        ),
    ];
    for (sent, text, signature) in examples {
        is_signed_as_published(&sent, text, signature);
    }
}

#[test]
fn the_published_url_is_signed_as_published() {
    let query =
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    for now in ["Tue, 27 Mar 2007 19:36:42 +0000", "Thu, 29 Mar 2007 03:40:20 +0000"] {
        Sent { query, now, ..GET }.read(|read| {
            let signed = read.unwrap().unwrap();
            assert_eq!(signed.string_to_sign(), "GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg");
            assert_eq!(signed.signature(), mac(signed.string_to_sign()));
        });
    }
    let error = Sent { query, now: "Thu, 29 Mar 2007 03:40:21 +0000", ..GET }.error();
    assert_eq!(error.to_string(), "AccessDenied: Request has expired");
    assert_eq!(error.details[0], ("Expires", "2007-03-29T03:40:20Z".to_owned()));
}

#[test]
fn the_date_may_be_a_header_of_amazons() {
    let text = |headers: &[(&str, &str)]| {
        let headers = [headers, &[("authorization", "AWS KEY:signature")]].concat();
        Sent { headers: &headers, ..GET }
            .read(|read| read.unwrap().map(|signed| signed.string_to_sign().to_owned()))
    };
    for date in ["Tue, 27 Mar 2007 19:36:42 +0000", "20070327T193642Z"] {
        let signed = text(&[("date", "whatever"), ("x-amz-date", date)]).unwrap();
        assert_eq!(signed, format!("GET\n\n\n\nx-amz-date:{date}\n/johnsmith/photos/puppy.jpg"));
    }
    for headers in [&[][..], &[("date", "no date")]] {
        let error = text(headers).unwrap_err();
        assert_eq!(
            error.to_string(),
            "AccessDenied: AWS authentication requires a valid Date or x-amz-date header"
        );
    }
    let late = text(&[("date", "Tue, 27 Mar 2007 19:21:41 +0000")]).unwrap_err();
    assert_eq!(late.code, ErrorCode::RequestTimeTooSkewed);
}

#[test]
fn what_changes_the_request_is_signed() {
    let resource = |query: &str| {
        let sent = Sent {
            query,
            bucket: None,
            headers: &[("date", "Tue, 27 Mar 2007 19:36:42 +0000"), ("authorization", "AWS KEY:signature")],
            ..GET
        };
        let text = sent.read(|read| read.unwrap().unwrap().string_to_sign().to_owned());
        text.rsplit_once('\n').unwrap().1.to_owned()
    };
    for (query, expected) in [
        ("uploadId=x%2Fy&partNumber=1", "?partNumber=1&uploadId=x/y"),
        ("versionId=1&acl&prefix=a", "?acl&versionId=1"),
        ("acl=", "?acl="),
        ("response-content-type=a%20b&x=y", "?response-content-type=a b"),
        // A name that is escaped is the same name.
        ("%61cl", "?acl"),
        ("ownershipControls", "?ownershipControls"),
        ("list-type=2&delimiter=/", ""),
    ] {
        assert_eq!(resource(query), format!("/photos/puppy.jpg{expected}"), "{query}");
    }
}

#[test]
fn headers_of_a_url_are_signed_as_headers() {
    let query = "AWSAccessKeyId=KEY&Signature=s&Expires=1175139620&x-amz-acl=public-read&X-Amz-Meta-A=b";
    let text = Sent { query, ..GET }.read(|read| read.unwrap().unwrap().string_to_sign().to_owned());
    assert_eq!(
        text,
        "GET\n\n\n1175139620\nx-amz-acl:public-read\nx-amz-meta-a:b\n/johnsmith/photos/puppy.jpg"
    );
}

#[test]
fn a_token_of_temporary_credentials_is_signed_wherever_it_stands() {
    let query = "AWSAccessKeyId=KEY&Signature=s&Expires=1175139620&x-amz-security-token=a%2Bb%2F&x-amz-checksum-crc32=AAAAAA%3D%3D\
                 &x-amz-sdk-checksum-algorithm=CRC32";
    Sent { query, ..GET }.read(|read| {
        let signed = read.unwrap().unwrap();
        assert_eq!(signed.security_token(), Some("a+b/"));
        assert_eq!(
            signed.string_to_sign(),
            "GET\n\n\n1175139620\nx-amz-checksum-crc32:AAAAAA==\nx-amz-sdk-checksum-algorithm:CRC32\n\
             x-amz-security-token:a+b/\n/johnsmith/photos/puppy.jpg"
        );
        assert!(!format!("{:?}", signed.mismatch()).contains("a+b/"));
    });
    let headers = [
        ("authorization", "AWS KEY:signature"),
        ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
        ("x-amz-security-token", "t"),
    ];
    Sent { headers: &headers, ..GET }
        .read(|read| assert_eq!(read.unwrap().unwrap().security_token(), Some("t")));
}

#[test]
fn what_is_malformed_is_refused() {
    for value in ["AWS", "AWS KEY", "AWS :signature"] {
        let error = Sent { headers: &[("authorization", value)], ..GET }.error();
        assert_eq!(
            error.to_string(),
            "InvalidArgument: AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
        );
    }
    for query in ["AWSAccessKeyId=KEY", "Signature=s&Expires=1", "AWSAccessKeyId=KEY&Signature=&Expires=1"] {
        let error = Sent { query, ..GET }.error();
        assert_eq!(
            error.message.unwrap(),
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        );
    }
    for expires in ["tomorrow", "-1", "1.5", "%2B1"] {
        let query = format!("AWSAccessKeyId=KEY&Signature=s&Expires={expires}");
        let error = Sent { query: &query, ..GET }.error();
        assert!(error.message.unwrap().starts_with("Invalid date (should be seconds since epoch): "));
    }
    let signed_chunks = [
        ("authorization", "AWS KEY:signature"),
        ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ];
    assert_eq!(Sent { headers: &signed_chunks, ..GET }.error().code, ErrorCode::InvalidRequest);
}

#[test]
fn other_requests_are_left_to_version_4() {
    for (headers, query) in [
        (&[][..], ""),
        (&[("authorization", "AWS4-HMAC-SHA256 Credential=x")], ""),
        (&[("authorization", "AWS KEY:signature")], "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        // One mechanism at a time.
        (&[("authorization", "AWS KEY:signature")], "AWSAccessKeyId=KEY&Signature=s&Expires=1"),
    ] {
        Sent { headers, query, ..GET }.read(|read| assert!(read.is_none(), "{headers:?} {query}"));
    }
}

#[test]
fn a_bucket_may_be_signed_with_a_slash_behind_it() {
    let resources = |path, bucket| {
        let headers = &[("date", "Tue, 27 Mar 2007 19:36:42 +0000"), ("authorization", "AWS KEY:signature")];
        Sent { path, bucket, headers, query: "acl", ..GET }.read(|read| {
            let signed = read.unwrap().unwrap();
            let resource = |text: &str| text.rsplit_once('\n').unwrap().1.to_owned();
            signed.strings_to_sign().map(resource).collect::<Vec<_>>()
        })
    };
    assert_eq!(resources("/photos", None), ["/photos?acl", "/photos/?acl"]);
    assert_eq!(resources("/photos/", None), ["/photos/?acl"]);
    assert_eq!(resources("/", None), ["/?acl"]);
    assert_eq!(resources("/photos/cat.jpg", None), ["/photos/cat.jpg?acl"]);
    assert_eq!(resources("/cat.jpg", Some("photos")), ["/photos/cat.jpg?acl"]);
}

#[test]
fn a_secret_that_was_signed_is_not_repeated() {
    for name in ["x-amz-server-side-encryption-customer-key", "X-Amz-Security-Token"] {
        let told = signature_mismatch("AKIAEXAMPLE", &format!("PUT\n\n\n\n{name}:c2VjcmV0\n/a/b"), "sent");
        assert!(
            !format!("{told:?}").contains("c2VjcmV0") && !format!("{told:?}").contains("63 32 56"),
            "{told:?}"
        );
    }
    let told = signature_mismatch("AKIAEXAMPLE", "PUT\n\n\n\nx-amz-acl:private\n/a/b", "sent");
    assert!(told.details.iter().any(|(name, value)| *name == "StringToSign" && value.contains("private")));
}

#[test]
fn thousands_of_parameters_are_signed_in_their_order() {
    let parameters: String = (0..6300).rev().map(|at| format!("&x-amz-meta-{:04}={at}", at % 3150)).collect();
    let query = format!("AWSAccessKeyId=AK&Signature=x&Expires=1175139620{parameters}");
    let sent = Sent { query: &query, bucket: None, path: "/b/k", ..GET };
    sent.read(|read| {
        let signed = read.unwrap().unwrap();
        let lines: Vec<&str> =
            signed.string_to_sign().lines().filter(|line| line.starts_with("x-amz-")).collect();
        assert_eq!(lines.len(), 3150);
        assert_eq!((lines[0], lines[3149]), ("x-amz-meta-0000:3150,0", "x-amz-meta-3149:6299,3149"));
    });
}
