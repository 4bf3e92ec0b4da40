//! The examples of the user guide, and what narrows a grant.

use super::*;
use crate::Kind;

fn public(principal: &str, condition: &str) -> bool {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}},
            {{"Effect":"Allow","Principal":{principal},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"{condition}}}]}}"#
    );
    is_public(&Policy::parse(Kind::Bucket("b"), &text).unwrap())
}

#[test]
fn grants_to_fixed_principals_are_not_public() {
    for (principal, expected) in [
        (r#""*""#, true),
        (r#"{"AWS":"*"}"#, true),
        (r#"{"AWS":["111122223333","*"]}"#, true),
        (r#"{"Federated":"graph.facebook.com"}"#, true),
        (r#"{"AWS":"111122223333"}"#, false),
        (r#"{"AWS":"arn:aws:iam::s3tenant1:root"}"#, false),
        (r#"{"CanonicalUser":"c1"}"#, false),
        (r#"{"Service":"logging.s3.amazonaws.com"}"#, false),
    ] {
        assert_eq!(public(principal, ""), expected, "{principal}");
    }
}

#[test]
fn fixed_values_of_some_keys_narrow_a_grant_to_everybody() {
    for (condition, expected) in [
        (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (r#"{"StringLike":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#, false),
        (r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (r#"{"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"aws:SourceVpce":"vpce-1"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}}"#, false),
        (r#"{"StringLike":{"aws:SourceVpce":["vpce-1","vpce-*"]}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, false),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:PrincipalTag/org}"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#, false),
        (r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}}"#, false),
        (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#, true),
        (r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}}"#, false),
        (r#"{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}"#, false),
        (
            r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}}"#,
            false,
        ),
        (r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/x"}}"#, true),
        (r#"{"StringEquals":{"aws:userid":"AIDAEXAMPLEALICE01"}}"#, false),
        (r#"{"StringLike":{"aws:userid":"AROAEXAMPLEREADER1:*"}}"#, false),
        (r#"{"StringLike":{"aws:userid":"*:job"}}"#, true),
        (r#"{"StringLike":{"aws:userid":"AROA*:job"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":"2001::/16"}}"#, true),
        (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"ForAllValues:IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","172.16.0.0/12","192.168.0.0/16"]}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":["17.0.0.0/8","44.0.0.0/8","203.0.113.0/24"]}}"#, false),
        // Together they are one broad range.
        (r#"{"IpAddress":{"aws:SourceIp":["16.0.0.0/8","17.0.0.0/8"]}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":["17.0.0.0/9","16.0.0.0/8"]}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":["17.0.0.0/8","17.0.0.0/9","17.1.2.3"]}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":["2001:db8::/32","2001:db9::/32"]}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":["2001:db8::/33","2001:db8::/34"]}}"#, false),
        // Values that no request has, or every request.
        (r#"{"StringEquals":{"aws:userid":"anonymous"}}"#, true),
        (r#"{"StringLike":{"aws:userid":"anonymous"}}"#, true),
        (r#"{"StringEquals":{"aws:userid":["AIDAEXAMPLEALICE01","anonymous"]}}"#, true),
        (r#"{"StringEqualsIgnoreCase":{"aws:userid":"ANONYMOUS"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"aws:userid":"anonymous"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalType":"Anonymous"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalType":"User"}}"#, true),
        (r#"{"Null":{"aws:userid":"false"}}"#, true),
        (r#"{"Null":{"aws:PrincipalArn":"false"}}"#, true),
        (r#"{"StringNotEquals":{"aws:userid":"anonymous"}}"#, true),
        (r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:x,'o-1'}"}}"#, true),
        // Keys that say nothing about where a request comes from.
        (r#"{"StringEquals":{"aws:Referer":"https://example.com/"}}"#, true),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        (r#"{"StringEquals":{"s3:x-amz-acl":"private"}}"#, true),
        (r#"{"StringEquals":{"s3:x-amz-acl":"private","aws:SourceVpc":"vpc-1"}}"#, false),
    ] {
        assert_eq!(public(r#""*""#, &format!(",\"Condition\":{condition}")), expected, "{condition}");
    }
}

#[test]
fn many_ranges_are_one_that_is_broad() {
    let ranges = |step: usize, bits: usize, count: usize| {
        let all = (0..count).map(|n| {
            let address = n * step;
            format!("\"{}.{}.0.0/{bits}\"", address >> 8, address & 255)
        });
        format!(
            ",\"Condition\":{{\"IpAddress\":{{\"aws:SourceIp\":[{}]}}}}",
            all.collect::<Vec<_>>().join(",")
        )
    };
    for (condition, expected) in [
        // Everything, in pieces that are each small enough.
        (ranges(256, 8, 256), true),
        (ranges(128, 9, 512), true),
        // Every second range, so that no two can be joined.
        (ranges(512, 8, 128), true),
        (ranges(512, 8, 4), false),
        (ranges(2, 16, 1), false),
    ] {
        assert_eq!(public(r#""*""#, &condition), expected, "{condition}");
    }
}

#[test]
fn what_denies_is_not_public() {
    let text =
        r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}"#;
    assert!(!is_public(&Policy::parse(Kind::Bucket("b"), text).unwrap()));
    let text = text.replace("\"Principal\":\"*\"", "\"NotPrincipal\":{\"AWS\":\"111122223333\"}");
    assert!(!is_public(&Policy::parse(Kind::Bucket("b"), &text).unwrap()));
}
