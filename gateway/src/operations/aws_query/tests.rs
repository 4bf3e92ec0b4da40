use super::*;

#[test]
fn documents_have_the_shape_of_the_service() {
    let push = |xml: &mut XmlWriter| xml.text("Account", "111122223333");
    assert_eq!(
        document(STS_NAMESPACE, "GetCallerIdentity", "R1", Some(&push)),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Account>111122223333</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    assert_eq!(
        document(IAM_NAMESPACE, "DeleteUser", "R1", None),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <DeleteUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata></DeleteUserResponse>"
    );
}

#[test]
fn errors_are_the_services_own() {
    let iam = render_error(ErrorCode::NoSuchEntity, Some("No user."), "Version=2010-05-08", "R1");
    assert!(iam.ends_with(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>No user.</Message></Error>\
         <RequestId>R1</RequestId></ErrorResponse>"
    ));
    let sts = render_error(ErrorCode::InvalidAccessKeyId, None, "", "R1");
    assert!(sts.contains("<Code>InvalidClientTokenId</Code>") && sts.contains("2011-06-15"));
    assert_eq!(status(ErrorCode::InvalidToken), 403);
    assert_eq!(status(ErrorCode::ExpiredToken), 403);
    assert_eq!(status(ErrorCode::NoSuchEntity), 404);
}

#[test]
fn a_form_is_text() {
    assert_eq!(form_text(b"Action=A".to_vec()).unwrap(), "Action=A");
    assert_eq!(form_text(b"\xff".to_vec()).unwrap_err().code, ErrorCode::ValidationError);
}
