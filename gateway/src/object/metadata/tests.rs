use super::*;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers::from_iter(pairs.iter().copied())
}

#[test]
fn aws_chunked_is_no_property_of_the_object() {
    for (sent, kept) in [
        ("aws-chunked", None),
        ("AWS-Chunked, gzip", Some("gzip")),
        ("gzip,aws-chunked,br", Some("gzip, br")),
        ("aws-chunked, aws-chunked", None),
        ("deflate, gzip", Some("deflate, gzip")),
        ("deflate,gzip", Some("deflate,gzip")),
        ("", None),
    ] {
        let parsed = SystemHeaders::parse(&headers(&[("content-encoding", sent)])).unwrap();
        assert_eq!(parsed.content_encoding.as_deref(), kept, "{sent}");
    }
}

#[test]
fn an_empty_header_counts_as_not_sent() {
    let none = SystemHeaders::parse(&headers(&[("content-type", "")])).unwrap();
    assert_eq!(none, SystemHeaders::default());
    let some = SystemHeaders::parse(&headers(&[("expires", "0"), ("content-type", "text/plain")])).unwrap();
    assert_eq!(some.sent().collect::<Vec<_>>(), [("content-type", "text/plain"), ("expires", "0")]);
}

#[test]
fn system_metadata_is_limited_all_together() {
    let size = |pairs: &[(&str, &str)]| {
        let error = SystemHeaders::parse(&headers(pairs)).err()?;
        assert_eq!(error.code, ErrorCode::MetadataTooLarge);
        assert_eq!(error.details[1], ("MaxSizeAllowed", "2048".to_owned()));
        Some(error.details[0].1.clone())
    };
    // Names count: 19 and 13 bytes.
    let (fits, half) = ("d".repeat(2048 - 19), "c".repeat(1024 - 13));
    assert_eq!(size(&[("content-disposition", &fits)]), None);
    assert_eq!(size(&[("content-disposition", &format!("{fits}d"))]), Some("2049".to_owned()));
    assert_eq!(size(&[("content-disposition", &"d".repeat(60_000))]), Some("60019".to_owned()));
    let other = "d".repeat(1024 - 19);
    assert_eq!(size(&[("cache-control", &half), ("content-disposition", &other)]), None);
    assert_eq!(
        size(&[("cache-control", &half), ("content-disposition", &other), ("expires", "0")]),
        Some("2056".to_owned())
    );
    for name in ["content-type", "content-encoding", "content-language", "cache-control", "expires"] {
        assert!(size(&[(name, &"x".repeat(2048))]).is_some(), "{name}");
    }
    // Headers about the transfer are not stored.
    assert_eq!(size(&[("content-encoding", &"aws-chunked,".repeat(200))]), None);
}

#[test]
fn user_metadata_is_joined_and_limited() {
    let sent =
        headers(&[("x-amz-meta-a", "1"), ("x-amz-meta-b", "é"), ("x-amz-meta-a", "2"), ("x-amz-meta-", "x")]);
    let expected = [("a".to_owned(), "1,2".to_owned()), ("b".to_owned(), "é".to_owned())];
    assert_eq!(user_metadata(&sent).unwrap(), expected);
    let value = "v".repeat(2047);
    assert!(user_metadata(&headers(&[("x-amz-meta-a", &value)])).is_ok());
    let error = user_metadata(&headers(&[("x-amz-meta-ab", &value)])).unwrap_err();
    assert_eq!(error.code, ErrorCode::MetadataTooLarge);
    assert_eq!(error.details, [("Size", "2049".to_owned()), ("MaxSizeAllowed", "2048".to_owned())]);
}

#[test]
fn a_redirect_goes_somewhere() {
    let redirect =
        |location: &str| website_redirect(&headers(&[("x-amz-website-redirect-location", location)]));
    assert_eq!(redirect("/other").unwrap().as_deref(), Some("/other"));
    let (fits, long) = (format!("/{}", "r".repeat(2047)), format!("/{}", "r".repeat(2048)));
    assert_eq!(redirect(&fits).unwrap(), Some(fits.clone()));
    assert_eq!(redirect(&long).unwrap_err().code, ErrorCode::InvalidRedirectLocation);
    assert_eq!(redirect("ftp://x").unwrap_err().code, ErrorCode::InvalidRedirectLocation);
}
