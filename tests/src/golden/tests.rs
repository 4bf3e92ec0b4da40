//! Golden files are read, filled in and written back without loss.

use super::*;

const FILE: &str = "A bucket, then a key that is not there.

=== setup
PUT /photos

=== request
GET /photos/none?versionId={{version-1}}
@as: alt
range: bytes=0-3

=== response 404 NoSuchKey
content-type: application/xml

<?xml?>
";

#[test]
fn a_file_is_written_as_it_was_read() {
    let file = File::parse(FILE).unwrap();
    assert_eq!(file.story, "A bucket, then a key that is not there.");
    assert_eq!(file.exchanges.len(), 2);
    assert_eq!(file.exchanges[0].promise, None);
    assert_eq!(file.exchanges[1].promise, Some(Promise { status: 404, code: "NoSuchKey".into() }));
    assert_eq!(file.render(), FILE);
}

#[test]
fn a_request_block_becomes_a_request() {
    let file = File::parse(FILE).unwrap();
    let names = Names::default().with("abc", "version-1");
    let prepared = prepare(&names.fill(&file.exchanges[1].request)).unwrap();
    assert_eq!(prepared.sender, Sender::Alt);
    assert_eq!(prepared.request.target, "/photos/none?versionId=abc");
    assert_eq!(prepared.request.get("range"), Some("bytes=0-3"));
    assert_eq!(prepare("PUT /a\n@body: repeat 5 ab").unwrap().request.body, b"ababa");
    assert_eq!(prepare("PUT /a\n\nline\n\nline").unwrap().request.body, b"line\n\nline");
}

#[test]
fn an_indented_document_is_sent_as_one_line() {
    let sent = |block: &str| String::from_utf8(prepare(block).unwrap().request.body).unwrap();
    assert_eq!(sent("PUT /a\n\n<A>\n  <B> b </B>\n  <C/>\n</A>"), "<A><B> b </B><C/></A>");
    assert_eq!(sent("PUT /a\n\n<A"), "<A");
    assert_eq!(sent("PUT /a\n\n{\n  \"B\": 1\n}"), "{\n  \"B\": 1\n}");
}

#[test]
fn what_differs_from_run_to_run_gets_a_name() {
    let response = |version: &str| Response {
        status: 200,
        headers: vec![("x-amz-version-id".into(), version.into()), ("date".into(), "now".into())],
        body: b"<?xml version=\"1.0\"?><A><LastModified>t</LastModified><VersionId>xyz</VersionId></A>"
            .to_vec(),
    };
    let mut names = Names::default();
    let expected = "date: {{date}}\nx-amz-version-id: {{version-1}}\n\n<?xml version=\"1.0\"?>\n<A>\n\
        <LastModified>{{time}}</LastModified>\n<VersionId>{{version-2}}</VersionId>\n</A>";
    assert_eq!(names.describe(&response("abc")), expected);
    assert_eq!(names.fill("/k?versionId={{version-2}}"), "/k?versionId=xyz");
    assert!(names.describe(&response("null")).contains("x-amz-version-id: null"));
    assert!(names.describe(&response("v1")).contains("x-amz-version-id: v1"));
}

#[test]
fn mistakes_are_told_to_their_author() {
    assert!(File::parse("s\n\n=== response 200\n").is_err());
    assert!(File::parse("s\n\n=== reply\n").is_err());
    assert!(prepare("PUT /a\nno header").is_err());
    assert!(prepare("PUT /a\n@as: nobody").is_err());
}
