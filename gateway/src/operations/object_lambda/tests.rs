use super::*;
use crate::bucket::object_lambda::{Transformation, TransformedAction};

fn configuration() -> ObjectLambdaConfiguration {
    ObjectLambdaConfiguration {
        supporting: "arn:aws:s3:us-east-1:111122223333:accesspoint/reports".to_owned(),
        metrics: false,
        features: Vec::new(),
        transformations: vec![Transformation {
            actions: vec![TransformedAction::GetObject],
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:redact".to_owned(),
            payload: "{\"level\":2}".to_owned(),
        }],
    }
}

#[test]
fn paths_name_an_object_lambda_access_point() {
    for path in ["redacted", "redacted/policy", "redacted/policyStatus", "redacted/configuration"] {
        let path = format!("/v20180820/accesspointforobjectlambda/{path}");
        assert_eq!(name_of(&path).unwrap().as_deref(), Some("redacted"), "{path}");
    }
    for path in ["/v20180820/accesspointforobjectlambda", "/v20180820/accesspoint/redacted"] {
        assert_eq!(name_of(path).unwrap(), None, "{path}");
    }
}

#[test]
fn a_configuration_comes_in_two_documents() {
    let shown = configuration_document(&configuration());
    let inner = &shown[shown.find("<Configuration>").unwrap()..shown.rfind("</GetAccess").unwrap()];
    let in_root = |root: &str| format!("<{root} xmlns=\"{CONTROL_NAMESPACE}\">{inner}</{root}>");
    let creation = in_root("CreateAccessPointForObjectLambdaRequest");
    let change = in_root("PutAccessPointConfigurationForObjectLambdaRequest");
    let of = |read: Result<ObjectLambdaConfiguration>| read.map_err(|error| error.code);
    let (region, account) = ("us-east-1", "111122223333");
    assert_eq!(of(parse_creation(creation.as_bytes(), region, account)), Ok(configuration()));
    assert_eq!(of(parse_configuration(change.as_bytes(), region, account)), Ok(configuration()));
    let malformed = Err(ErrorCode::MalformedXML);
    assert_eq!(of(parse_creation(change.as_bytes(), region, account)), malformed);
    assert_eq!(of(parse_configuration(creation.as_bytes(), region, account)), malformed);
    let other = creation.replace("<Configuration>", "<Other/><Configuration>");
    assert_eq!(of(parse_creation(other.as_bytes(), region, account)), malformed);
    assert_eq!(
        of(parse_creation(creation.as_bytes(), region, "111122223334")),
        Err(ErrorCode::InvalidRequest)
    );
}

#[test]
fn documents_are_as_clients_read_them() {
    let arn = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted";
    let own = ShownObjectLambda {
        name: "redacted",
        arn,
        alias: "redacted-abc--ol-s3",
        created_ms: 1_369_353_600_000,
    };
    let start = |name: &str| {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{CONTROL_NAMESPACE}\">")
    };
    let alias = "<Alias><Value>redacted-abc--ol-s3</Value><Status>READY</Status></Alias>";
    let name = "CreateAccessPointForObjectLambdaResult";
    assert_eq!(
        own.created(),
        format!(
            "{}<ObjectLambdaAccessPointArn>{arn}</ObjectLambdaAccessPointArn>{alias}</{name}>",
            start(name)
        )
    );
    let name = "GetAccessPointForObjectLambdaResult";
    assert_eq!(
        own.document(),
        format!(
            "{}<Name>redacted</Name><PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>\
             <CreationDate>2013-05-24T00:00:00.000Z</CreationDate>{alias}</{name}>",
            start(name)
        )
    );
    let name = "ListAccessPointsForObjectLambdaResult";
    let listed = list_document(&[own], true);
    assert!(
        listed.starts_with(&format!(
            "{}<ObjectLambdaAccessPointList><ObjectLambdaAccessPoint><Name>redacted</Name>\
             <ObjectLambdaAccessPointArn>{arn}</ObjectLambdaAccessPointArn>{alias}</ObjectLambdaAccessPoint>\
             </ObjectLambdaAccessPointList><NextToken>",
            start(name)
        )),
        "{listed}"
    );
    assert!(!list_document(&[own], false).contains("NextToken"));
    let policy = "<PutAccessPointPolicyForObjectLambdaRequest><Policy>{}</Policy></PutAccessPointPolicyForObjectLambdaRequest>";
    assert_eq!(parse_policy(policy.as_bytes()).unwrap(), "{}");
    assert!(policy_document("{}").contains("<Policy>{}</Policy>"));
    assert!(policy_status_document(true).contains("<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>"));
}
