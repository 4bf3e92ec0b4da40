use super::*;
use crate::xml::CONTROL_NAMESPACE;

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "111122223333";
const SUPPORTING: &str = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:redact";

fn read(inner: &str) -> Result<ObjectLambdaConfiguration> {
    let text = format!("<Configuration>{inner}</Configuration>");
    let root = Element::parse_long_texts(text.as_bytes(), "Configuration", PAYLOAD_BYTES_MAX + 1)?;
    ObjectLambdaConfiguration::of_element(&root, REGION, ACCOUNT)
}

fn transformation(actions: &[&str], function: &str, payload: &str) -> String {
    let actions: String = actions.iter().map(|own| format!("<Action>{own}</Action>")).collect();
    format!(
        "<TransformationConfiguration><Actions>{actions}</Actions><ContentTransformation><AwsLambda>\
         <FunctionArn>{function}</FunctionArn>{payload}</AwsLambda></ContentTransformation></TransformationConfiguration>"
    )
}

fn whole(supporting: &str, more: &str, transformations: &str) -> String {
    format!(
        "<SupportingAccessPoint>{supporting}</SupportingAccessPoint>{more}\
         <TransformationConfigurations>{transformations}</TransformationConfigurations>"
    )
}

#[test]
fn names_follow_the_rules() {
    for name in ["abc", "a-b", "0ab", &"a".repeat(45)] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    for name in ["ab", "-ab", "ab-", "a_b", "Abc", "a.b", "x-s3alias", "x--ol-s3", &"a".repeat(46)] {
        assert_eq!(check_name(name).unwrap_err().code, ErrorCode::InvalidRequest, "{name}");
    }
    let alias = make_alias(&"a".repeat(45), || 7);
    assert!(is_alias(&alias) && alias.len() <= 63, "{alias}");
    assert!(crate::bucket::bucket_name::check_access(&alias).is_ok());
    assert!(crate::bucket::bucket_name::check_create(&alias).is_err());
}

#[test]
fn a_configuration_is_read_and_written() {
    let features = "<CloudWatchMetricsEnabled>true</CloudWatchMetricsEnabled><AllowedFeatures>\
        <AllowedFeature>GetObject-Range</AllowedFeature><AllowedFeature>HeadObject-PartNumber</AllowedFeature>\
        <AllowedFeature>GetObject-Range</AllowedFeature></AllowedFeatures>";
    let payload = "<FunctionPayload>{&quot;level&quot;: 2} </FunctionPayload>";
    let two = transformation(&["GetObject", "HeadObject"], &format!("{FUNCTION}:live"), payload)
        + &transformation(&["ListObjectsV2"], "arn:minio:s3-object-lambda::hook:webhook", "");
    let read = read(&whole(SUPPORTING, features, &two)).unwrap();
    assert_eq!((read.supporting.as_str(), read.metrics), (SUPPORTING, true));
    assert_eq!(supporting_of(&read.supporting), Some((ACCOUNT, "reports")));
    assert_eq!(read.features, [Feature::GetObjectRange, Feature::HeadObjectPartNumber]);
    let [first, second] = read.transformations.as_slice() else { panic!("{read:?}") };
    assert_eq!(first.actions, [TransformedAction::GetObject, TransformedAction::HeadObject]);
    assert_eq!(
        (first.function_arn.as_str(), first.payload.as_str()),
        (&*format!("{FUNCTION}:live"), "{\"level\": 2} ")
    );
    assert_eq!(
        (second.actions.as_slice(), second.payload.as_str()),
        (&[TransformedAction::ListObjectsV2][..], "")
    );
    let mut xml = XmlWriter::document_in("Root", CONTROL_NAMESPACE);
    read.write(&mut xml);
    let written = xml.finish();
    let root = Element::parse_named(written.as_bytes(), "Root").unwrap();
    let again =
        ObjectLambdaConfiguration::of_element(root.child("Configuration").unwrap(), REGION, ACCOUNT).unwrap();
    assert_eq!(again, read, "{written}");
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused() {
    use ErrorCode::{InvalidRequest, MalformedXML};
    let get = || transformation(&["GetObject"], FUNCTION, "");
    let features =
        |name: &str| format!("<AllowedFeatures><AllowedFeature>{name}</AllowedFeature></AllowedFeatures>");
    let payload = |bytes: usize| format!("<FunctionPayload>{}</FunctionPayload>", "a".repeat(bytes));
    assert!(read(&whole(SUPPORTING, "", &get())).is_ok());
    assert!(
        read(&whole(SUPPORTING, "", &transformation(&["GetObject"], FUNCTION, &payload(128 << 10)))).is_ok()
    );
    for (inner, expected) in [
        (String::new(), MalformedXML),
        (format!("<SupportingAccessPoint>{SUPPORTING}</SupportingAccessPoint>"), MalformedXML),
        (whole(SUPPORTING, "<Other/>", &get()), MalformedXML),
        (whole(SUPPORTING, "<CloudWatchMetricsEnabled>1</CloudWatchMetricsEnabled>", &get()), MalformedXML),
        (whole(SUPPORTING, &features("PutObject-Range"), &get()), MalformedXML),
        (whole(SUPPORTING, "", &transformation(&["PutObject"], FUNCTION, "")), MalformedXML),
        (whole(SUPPORTING, "", "<TransformationConfiguration/>"), MalformedXML),
        (whole(SUPPORTING, "", ""), InvalidRequest),
        (whole(SUPPORTING, "", &transformation(&[], FUNCTION, "")), InvalidRequest),
        (whole(SUPPORTING, "", &(get() + &get())), InvalidRequest),
        (whole(SUPPORTING, "", &transformation(&["GetObject", "GetObject"], FUNCTION, "")), InvalidRequest),
        (whole(&SUPPORTING.replace("us-east-1", "eu-west-1"), "", &get()), InvalidRequest),
        (whole(&SUPPORTING.replace(ACCOUNT, "111122223334"), "", &get()), InvalidRequest),
        (whole(&SUPPORTING.replace(":s3:", ":s3-object-lambda:"), "", &get()), InvalidRequest),
        (whole(&format!("{SUPPORTING}/object/a"), "", &get()), InvalidRequest),
        (whole("reports", "", &get()), InvalidRequest),
        (
            whole(SUPPORTING, "", &transformation(&["GetObject"], FUNCTION, &payload((128 << 10) + 1))),
            InvalidRequest,
        ),
        (whole(SUPPORTING, "", &transformation(&["GetObject"], "redact", "")), InvalidRequest),
        (
            whole(
                SUPPORTING,
                "",
                &transformation(&["GetObject"], &FUNCTION.replace(ACCOUNT, "111122223334"), ""),
            ),
            InvalidRequest,
        ),
        (
            whole(
                SUPPORTING,
                "",
                &transformation(&["GetObject"], &FUNCTION.replace("us-east-1", "eu-west-1"), ""),
            ),
            InvalidRequest,
        ),
    ] {
        assert_eq!(read(&inner).unwrap_err().code, expected, "{inner:.200}");
    }
}

#[test]
fn arns_name_functions_and_webhooks() {
    let function = |qualifier| {
        let name = FunctionArn { region: REGION, account: ACCOUNT, name: "redact", qualifier };
        Some(Transformer::Function(name))
    };
    assert_eq!(transformer_of(FUNCTION), function(None));
    assert_eq!(transformer_of(&format!("{FUNCTION}:$LATEST")), function(Some("$LATEST")));
    assert_eq!(transformer_of(&format!("{FUNCTION}:7")), function(Some("7")));
    let webhook = "arn:minio:s3-object-lambda::hook:webhook";
    assert_eq!(transformer_of(webhook), Some(Transformer::Webhook("hook")));
    for other in [
        "",
        "redact",
        "arn:portcullis:lambda:us-east-1:111122223333:function:redact",
        "arn:aws:lambda:us-east-1:1111:function:redact",
        "arn:aws:lambda:us-east-1:111122223333:layer:redact",
        "arn:aws:lambda::111122223333:function:redact",
        "arn:aws:lambda:us-east-1:111122223333:function:",
        "arn:aws:lambda:us-east-1:111122223333:function:a b",
        "arn:aws:lambda:us-east-1:111122223333:function:a:",
        "arn:aws:lambda:us-east-1:111122223333:function:a:b:c",
        "arn:minio:s3-object-lambda:::webhook",
        "arn:minio:s3-object-lambda::hook:other",
    ] {
        assert_eq!(transformer_of(other), None, "{other}");
    }
}
