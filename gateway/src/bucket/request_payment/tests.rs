use super::*;

#[test]
fn the_payer_is_read_back_as_written() {
    for payer in [Payer::BucketOwner, Payer::Requester] {
        assert_eq!(Payer::parse_document(payer.document().as_bytes()), Ok(payer));
    }
    for xml in [
        "",
        "<RequestPaymentConfiguration/>",
        "<RequestPaymentConfiguration><Payer>requester</Payer></RequestPaymentConfiguration>",
        "<RequestPaymentConfiguration><Payer>Requester</Payer><Rate>1</Rate></RequestPaymentConfiguration>",
        "<Payer>Requester</Payer>",
    ] {
        let refused = Payer::parse_document(xml.as_bytes()).map_err(|error| error.code);
        assert_eq!(refused, Err(ErrorCode::MalformedXML), "{xml}");
    }
}

#[test]
fn who_pays_says_so_in_a_header_or_in_the_query() {
    let check = |header: Option<&str>, query: &str, expected| {
        let headers = Headers::from_iter(header.map(|value| (REQUEST_PAYER, value)));
        assert_eq!(is_accepted(&headers, &Query::parse(query).unwrap()), expected, "{header:?} {query}");
    };
    check(Some("requester"), "", true);
    check(None, "x-amz-request-payer=requester", true);
    check(None, "X-Amz-Request-Payer=requester&versionId=1", true);
    for other in ["", "Requester", "bucketowner", "requester,requester"] {
        check(Some(other), "", false);
        check(None, &format!("x-amz-request-payer={other}"), false);
    }
    check(None, "", false);
    check(None, "request-payer=requester", false);
}
