use super::*;

#[test]
fn an_error_has_the_shape_of_this_api() {
    let occurrence = Occurrence { resource: "/", request_id: "R1", host_id: "H1" };
    assert_eq!(
        render_error(ErrorCode::NoSuchPublicAccessBlockConfiguration, None, occurrence),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ErrorResponse xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Error>\
         <Code>NoSuchPublicAccessBlockConfiguration</Code>\
         <Message>The public access block configuration was not found</Message></Error>\
         <RequestId>R1</RequestId><HostId>H1</HostId></ErrorResponse>"
    );
    let own = render_error(ErrorCode::NotImplemented, Some("no <such>"), occurrence);
    assert!(own.contains("<Message>no &lt;such&gt;</Message>"), "{own}");
}
