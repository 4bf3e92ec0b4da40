//! The AWS Query protocol, which STS and IAM speak: parameters in a form, XML in the answer.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use super::Operation;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::query::Query;
use crate::xml::XmlWriter;

/// The namespace of the documents of STS.
pub const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Reads the body of a call, and of a call in the query of the URL, which [`super::resolve`] left as
/// [`Operation::AwsQuery`]. `MissingAction` or `InvalidAction` for calls that there are not.
pub fn operation(query: &Query, body: &[u8]) -> Result<Operation> {
    let text = std::str::from_utf8(body).map_err(|_| ErrorCode::ValidationError)?;
    let form = Query::parse(text).map_err(|_| ErrorCode::ValidationError)?;
    let action = form.get("Action").or(query.get("Action")).ok_or(ErrorCode::MissingAction)?;
    match action {
        "GetCallerIdentity" => Ok(Operation::StsGetCallerIdentity),
        _ => {
            Err(S3Error::new(ErrorCode::InvalidAction).message(format!("Could not find operation {action}")))
        }
    }
}

/// The response document of GetCallerIdentity.
pub fn caller_identity(account: &str, user_id: &str, arn: &str, request_id: &str) -> String {
    let mut xml = XmlWriter::document_in("GetCallerIdentityResponse", STS_NAMESPACE);
    xml.open("GetCallerIdentityResult");
    xml.text("Arn", arn);
    xml.text("UserId", user_id);
    xml.text("Account", account);
    xml.close("GetCallerIdentityResult");
    xml.open("ResponseMetadata");
    xml.text("RequestId", request_id);
    xml.close("ResponseMetadata");
    xml.finish()
}

/// The error document, which differs from that of S3. The fault is the sender's below status 500.
pub fn render_error(code: ErrorCode, message: Option<&str>, request_id: &str) -> String {
    let mut xml = XmlWriter::document_in("ErrorResponse", STS_NAMESPACE);
    xml.open("Error");
    xml.text("Type", if code.status() < 500 { "Sender" } else { "Receiver" });
    xml.text("Code", code.as_str());
    xml.text("Message", message.unwrap_or(code.message()));
    xml.close("Error");
    xml.text("RequestId", request_id);
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_action_is_named_in_form_or_query() {
        let none = Query::default();
        let body = b"Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(operation(&none, body).unwrap(), Operation::StsGetCallerIdentity);
        let query = Query::parse("Action=GetCallerIdentity").unwrap();
        assert_eq!(operation(&query, b"").unwrap(), Operation::StsGetCallerIdentity);
        let cases: [(&[u8], ErrorCode); 4] = [
            (b"", ErrorCode::MissingAction),
            (b"Action=AssumeRole", ErrorCode::InvalidAction),
            (b"Action=%zz", ErrorCode::ValidationError),
            (b"\xff", ErrorCode::ValidationError),
        ];
        for (body, code) in cases {
            assert_eq!(operation(&none, body).unwrap_err().code, code);
        }
    }

    #[test]
    fn documents_have_the_namespace_of_sts() {
        assert_eq!(
            caller_identity("111122223333", "AIDA1", "arn:aws:iam::111122223333:user/alice", "R1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult>\
             <Arn>arn:aws:iam::111122223333:user/alice</Arn><UserId>AIDA1</UserId>\
             <Account>111122223333</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>"
        );
        assert!(render_error(ErrorCode::InvalidAction, None, "R1").ends_with(
            "<Error><Type>Sender</Type><Code>InvalidAction</Code>\
             <Message>Could not find operation</Message></Error>\
             <RequestId>R1</RequestId></ErrorResponse>"
        ));
    }
}
