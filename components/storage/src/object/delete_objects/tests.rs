use super::*;
use crate::records::VersionId;

fn parsed(objects: &str) -> Result<(Vec<ObjectToDelete>, bool)> {
    parse(&Element::parse_named(format!("<Delete>{objects}</Delete>").as_bytes(), "Delete")?)
}

fn named(key: &str) -> ObjectToDelete {
    ObjectToDelete { key: key.to_owned(), version: None, conditions: DeletePreconditions::default() }
}

#[test]
fn a_document_is_read() {
    let (objects, quiet) = parsed(
        "<Quiet>true</Quiet><Object><Key>a</Key><VersionId>null</VersionId></Object>\
         <Object><Key>b</Key><ETag>*</ETag><Size>3</Size>\
         <LastModifiedTime>Thu, 01 Jan 1970 00:00:09 GMT</LastModifiedTime></Object>",
    )
    .unwrap();
    assert!(quiet);
    assert_eq!(objects[0].version.as_deref(), Some("null"));
    assert_eq!(objects[1].conditions.if_match, Some(EntityTags::Any));
    assert_eq!(objects[1].conditions.if_match_size, Some(3));
    assert_eq!(objects[1].conditions.if_match_modified_ms, Some(9_000));
}

#[test]
fn a_key_is_what_is_written() {
    for (xml, key) in [
        ("<Key> report</Key>", " report"),
        ("<Key>report </Key>", "report "),
        ("<Key> </Key>", " "),
        ("<Key>&#10;report&#9;</Key>", "\nreport\t"),
        ("<Key><![CDATA[ a&b ]]></Key>", " a&b "),
        ("<Key>a\r\nb</Key>", "a\nb"),
        ("<Key>a&#13;b</Key>", "a\rb"),
    ] {
        let (objects, _) = parsed(&format!("\n <Object>\n {xml}\n </Object>\n")).unwrap();
        assert_eq!(objects, [named(key)], "{xml:?}");
    }
    let code = |xml: &str| parsed(&format!("<Object>{xml}</Object>")).unwrap_err().code;
    assert_eq!(code("<Key></Key>"), ErrorCode::UserKeyMustBeSpecified);
    for xml in [
        "",
        "<Key>a</Key><Key>b</Key>",
        "<Key>a<b/></Key>",
        "<Key>a</Key><VersionId>x</VersionId><VersionId>y</VersionId>",
        "<Key>a\u{1}</Key>",
        "<Key>a&#1;</Key>",
        "<Key><![CDATA[\u{1f}]]></Key>",
        "<Key>a</Key><VersionId>&#x1f;</VersionId>",
    ] {
        assert_eq!(code(xml), ErrorCode::MalformedXML, "{xml:?}");
    }
}

#[test]
fn a_request_names_one_to_a_thousand_objects() {
    let code =
        |count: usize| parsed(&"<Object><Key>k</Key></Object>".repeat(count)).map_err(|error| error.code);
    assert_eq!(code(0), Err(ErrorCode::MalformedXML));
    assert_eq!(code(1000).unwrap().0.len(), 1000);
    assert_eq!(code(1001), Err(ErrorCode::MalformedXML));
}

#[test]
fn an_impossible_key_or_version_is_its_own_error() {
    let code =
        |object: &ObjectToDelete| deletion(object, Bypass::None, SecondFactor::Missing, 0).unwrap_err().code;
    assert_eq!(code(&named(&"k".repeat(1025))), ErrorCode::KeyTooLongError);
    assert_eq!(
        code(&ObjectToDelete { version: Some("x".to_owned()), ..named("k") }),
        ErrorCode::NoSuchVersion
    );
}

#[test]
fn a_key_that_is_named_again_waits_for_the_next_round() {
    let deletions: Vec<Deletion> = ["a", "b", "a", "c", "a"]
        .map(|key| deletion(&named(key), Bypass::None, SecondFactor::Missing, 0).unwrap())
        .into();
    let rounds = rounds(deletions.iter().enumerate().collect());
    let positions: Vec<Vec<usize>> =
        rounds.iter().map(|round| round.iter().map(|(position, _)| *position).collect()).collect();
    assert_eq!(positions, [vec![0, 1, 3], vec![2], vec![4]]);
}

#[test]
fn the_response_tells_markers_versions_and_errors_apart() {
    let objects = [named("a"), ObjectToDelete { version: Some("null".to_owned()), ..named("b") }, named("c")];
    let results = || {
        [
            Ok(Deleted { version: Some(VersionId::Null), is_marker: true, changes: true }),
            Ok(Deleted { version: Some(VersionId::Null), is_marker: false, changes: true }),
            Err(S3Error::new(ErrorCode::AccessDenied)),
        ]
    };
    let document = write(objects.iter().zip(results()), false);
    let expected = "<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker>\
        <DeleteMarkerVersionId>null</DeleteMarkerVersionId></Deleted>\
        <Deleted><Key>b</Key><VersionId>null</VersionId></Deleted>\
        <Error><Key>c</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>";
    assert!(document.ends_with(expected), "{document}");
    let quiet = write(objects.iter().zip(results()), true);
    assert!(!quiet.contains("<Deleted>") && quiet.contains("<Error>"), "{quiet}");
}
