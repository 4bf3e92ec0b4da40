use super::*;
use crate::operations::Support;
use crate::request::method::Method;

#[test]
fn every_row_without_anything_has_its_answer_and_no_other_row_has_one() {
    for &operation in Operation::ALL {
        let answer = respond(operation, "photos");
        let is_answered = answer.err().map(|error| error.code) != Some(ErrorCode::NotImplemented);
        assert_eq!(is_answered, operation.row().support == Support::Nothing, "{operation}");
    }
}

/// The invariant: a rule that nothing enforces is not accepted. "There is none" is true only where
/// no operation makes one.
#[test]
fn whatever_would_make_what_is_not_there_is_missing() {
    for row in Operation::ALL.iter().map(|operation| operation.row()) {
        let reads = matches!(row.method, Method::Get | Method::Delete);
        assert!(reads || row.support != Support::Nothing, "{}", row.operation);
        let about_nothing = Operation::ALL.iter().map(|operation| operation.row()).any(|other| {
            other.support == Support::Nothing
                && other.target == row.target
                && other.subresource() == row.subresource()
        });
        if about_nothing && !reads {
            let makes = matches!(row.support, Support::Missing | Support::Superseded);
            assert!(makes, "{} makes what others say is not there", row.operation);
        }
    }
}

#[test]
fn documents_hold_nothing() {
    let document = |operation| match respond(operation, "photos") {
        Ok(NothingResponse::Document(text)) => text.rsplit_once('\n').unwrap().1.to_owned(),
        other => panic!("{other:?}"),
    };
    let namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    assert_eq!(
        document(Operation::GetBucketLogging),
        format!("<BucketLoggingStatus {namespace}></BucketLoggingStatus>")
    );
    assert_eq!(
        document(Operation::ListBucketMetricsConfigurations),
        format!(
            "<ListMetricsConfigurationsResult {namespace}><IsTruncated>false</IsTruncated>\
             </ListMetricsConfigurationsResult>"
        )
    );
    assert_eq!(
        document(Operation::GetBucketAbac),
        format!("<AbacStatus {namespace}><Status>Disabled</Status></AbacStatus>")
    );
}

#[test]
fn what_is_missed_is_named_with_its_bucket() {
    let error = respond(Operation::GetBucketWebsite, "photos").unwrap_err();
    assert_eq!((error.code, error.code.status()), (ErrorCode::NoSuchWebsiteConfiguration, 404));
    assert_eq!(error.details, [("BucketName", "photos".to_owned())]);
    assert_eq!(respond(Operation::DeleteBucketWebsite, "photos"), Ok(NothingResponse::Deleted));
}
