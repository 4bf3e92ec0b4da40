//! Every operator, with and without a value, with several values, and negated.

use super::*;
use crate::ContextEntries;

fn condition(text: &str) -> Condition {
    let json = Json::parse(text).unwrap();
    let mut conditions = parse(&json, Variables::Replace).unwrap();
    assert_eq!(conditions.len(), 1, "{text}");
    conditions.remove(0)
}

/// Whether `{operator: {key: wanted}}` holds for a request in which the key has these values.
fn holds(operator: &str, wanted: &str, actual: Option<&[&str]>) -> bool {
    let text = format!(r#"{{"{operator}":{{"aws:Test":{wanted}}}}}"#);
    let mut context = ContextEntries::default().with("aws:username", &["alice"]);
    if let Some(values) = actual {
        context = context.with("aws:Test", values);
    }
    condition(&text).holds(Known::of(&context), Effect::Allow)
}

#[test]
fn operators_compare_one_value() {
    for (operator, wanted, actual, expected) in [
        ("StringEquals", r#""a""#, "a", true),
        ("StringEquals", r#""a""#, "A", false),
        ("StringEquals", r#"["b","a"]"#, "a", true),
        ("StringEquals", r#""a*""#, "ab", false),
        ("StringEquals", r#""${aws:username}""#, "alice", true),
        ("StringNotEquals", r#""a""#, "b", true),
        ("StringNotEquals", r#"["a","b"]"#, "b", false),
        ("StringEqualsIgnoreCase", r#""Äb""#, "äB", true),
        ("StringEqualsIgnoreCase", r#""a""#, "b", false),
        ("StringNotEqualsIgnoreCase", r#""A""#, "a", false),
        ("StringNotEqualsIgnoreCase", r#""A""#, "b", true),
        ("StringLike", r#""users/${aws:username}/*""#, "users/alice/x", true),
        ("StringLike", r#"["x","a?c"]"#, "abc", true),
        ("StringLike", r#""A*""#, "abc", false),
        ("StringNotLike", r#""a*""#, "abc", false),
        ("StringNotLike", r#""a*""#, "b", true),
        ("NumericEquals", "10", "10", true),
        ("NumericEquals", r#""10""#, "10.0", true),
        ("NumericEquals", "10", "11", false),
        ("NumericNotEquals", "10", "11", true),
        ("NumericLessThan", "10", "9.5", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "10", true),
        ("NumericGreaterThan", "1.2", "1.3", true),
        ("NumericGreaterThan", "10", "10", false),
        ("NumericGreaterThanEquals", "10", "10", true),
        ("NumericLessThan", "10", "abc", false),
        ("NumericGreaterThan", "-5", "-4", true),
        ("DateEquals", r#""2020-01-01T00:00:00Z""#, "2020-01-01T01:00:00+01:00", true),
        ("DateNotEquals", r#""2020-01-01T00:00:00Z""#, "2020-01-01T00:00:01Z", true),
        ("DateLessThan", r#""2020-01-01T00:00:00Z""#, "2019-12-31T23:59:59Z", true),
        ("DateLessThan", r#""2020-01-01T00:00:00Z""#, "2020-01-01T00:00:00Z", false),
        ("DateLessThanEquals", r#""2020-01-01T00:00:00Z""#, "2020-01-01T00:00:00Z", true),
        ("DateGreaterThan", r#""2020-01-01""#, "2020-01-02T00:00:00Z", true),
        ("DateGreaterThanEquals", "1577836800", "2020-01-01T00:00:00Z", true),
        ("DateGreaterThan", r#""2020-01-01T00:00:00Z""#, "1577836801", true),
        ("Bool", r#""true""#, "true", true),
        ("Bool", "true", "TRUE", true),
        ("Bool", "false", "true", false),
        ("Bool", r#"["true","false"]"#, "false", true),
        ("Bool", "true", "yes", false),
        ("BinaryEquals", r#""QmluYXJ5""#, "QmluYXJ5", true),
        ("BinaryEquals", r#""QmluYXJ5""#, "QmluYXJ6", false),
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.113.77", true),
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.114.0", false),
        ("IpAddress", r#""203.0.113.9""#, "203.0.113.9", true),
        ("IpAddress", r#""0.0.0.0/0""#, "8.8.8.8", true),
        ("IpAddress", r#""0.0.0.0/0""#, "2001:db8::1", false),
        ("IpAddress", r#""2001:db8::/32""#, "2001:db8:1::1", true),
        ("IpAddress", r#""2001:db8::/32""#, "2001:db9::1", false),
        ("IpAddress", r#""::/0""#, "2001:db9::1", true),
        ("IpAddress", r#""203.0.113.0/24""#, "::ffff:203.0.113.1", true),
        ("IpAddress", r#""203.0.113.0/24""#, "not an address", false),
        ("NotIpAddress", r#""203.0.113.0/24""#, "203.0.113.77", false),
        ("NotIpAddress", r#"["203.0.113.0/24","10.0.0.0/8"]"#, "192.0.2.1", true),
        ("ArnEquals", r#""arn:aws:iam::1:role/*""#, "arn:aws:iam::1:role/x", true),
        ("ArnLike", r#""arn:aws:iam::*:role/x""#, "arn:aws:iam::1:role/x", true),
        ("ArnLike", r#""arn:aws:*:x""#, "arn:aws:iam::1:role/x", false),
        ("ArnLike", r#""*""#, "no ARN", false),
        ("ArnNotEquals", r#""arn:aws:iam::1:role/x""#, "arn:aws:iam::1:role/y", true),
        ("ArnNotLike", r#""arn:aws:iam::1:role/*""#, "arn:aws:iam::1:role/y", false),
        ("Null", r#""true""#, "x", false),
        ("Null", "false", "x", true),
        ("stringequals", r#""a""#, "a", true),
        ("StringEqualsIfExists", r#""a""#, "b", false),
        ("StringEqualsIfExists", r#""a""#, "a", true),
    ] {
        assert_eq!(holds(operator, wanted, Some(&[actual])), expected, "{operator} {wanted} {actual}");
    }
}

#[test]
fn a_missing_key_fulfils_what_denies_and_what_asks_for_it() {
    for (operator, wanted, expected) in [
        ("StringEquals", r#""a""#, false),
        ("StringLike", r#""*""#, false),
        ("StringNotEquals", r#""a""#, true),
        ("StringNotEqualsIgnoreCase", r#""a""#, true),
        ("StringNotLike", r#""*""#, true),
        ("NumericEquals", "1", false),
        ("NumericNotEquals", "1", true),
        ("NumericLessThan", "1", false),
        ("DateNotEquals", "1", true),
        ("DateGreaterThan", "1", false),
        ("Bool", "false", false),
        ("BinaryEquals", r#""""#, false),
        ("IpAddress", r#""0.0.0.0/0""#, false),
        ("NotIpAddress", r#""0.0.0.0/0""#, true),
        ("ArnLike", r#""*""#, false),
        ("ArnNotLike", r#""*""#, true),
        ("Null", "true", true),
        ("Null", "false", false),
        ("StringEqualsIfExists", r#""a""#, true),
        ("NumericLessThanIfExists", "1", true),
        ("BoolIfExists", "true", true),
        ("IpAddressIfExists", r#""10.0.0.0/8""#, true),
        ("StringNotEqualsIfExists", r#""a""#, true),
        ("ForAnyValue:StringEquals", r#""a""#, false),
        ("ForAnyValue:StringNotEquals", r#""a""#, false),
        ("ForAnyValue:StringEqualsIfExists", r#""a""#, true),
        ("ForAllValues:StringEquals", r#""a""#, true),
        ("ForAllValues:StringNotEquals", r#""a""#, true),
    ] {
        assert_eq!(holds(operator, wanted, None), expected, "{operator} {wanted}");
    }
}

#[test]
fn several_values_are_compared_as_the_prefix_says() {
    for (operator, wanted, actual, expected) in [
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, &["x", "b"][..], true),
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, &["x", "y"], false),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, &["a", "b"], true),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, &["a", "x"], false),
        ("ForAllValues:StringLike", r#""a*""#, &["ab", "ac"], true),
        // At least one value that is none of these.
        ("ForAnyValue:StringNotEquals", r#"["a","b"]"#, &["a", "x"], true),
        ("ForAnyValue:StringNotEquals", r#"["a","b"]"#, &["a", "b"], false),
        // Every value is none of these.
        ("ForAllValues:StringNotEquals", r#"["a","b"]"#, &["x", "y"], true),
        ("ForAllValues:StringNotEquals", r#"["a","b"]"#, &["a", "y"], false),
        ("StringEquals", r#""a""#, &["x", "a"], true),
        ("StringNotEquals", r#""a""#, &["x", "a"], false),
        ("forallvalues:stringequals", r#""a""#, &["a"], true),
    ] {
        // A key that may have several values.
        let text = format!(r#"{{"{operator}":{{"aws:TagKeys":{wanted}}}}}"#);
        let context = ContextEntries::default().with("aws:TagKeys", actual);
        assert_eq!(
            condition(&text).holds(Known::of(&context), Effect::Deny),
            expected,
            "{operator} {wanted} {actual:?}"
        );
    }
}

#[test]
fn a_list_without_values_is_like_no_key() {
    let none = ContextEntries::default().with("aws:TagKeys", &[]);
    let holds = |text: &str| condition(text).holds(Known::of(&none), Effect::Allow);
    assert!(holds(r#"{"Null":{"aws:TagKeys":"true"}}"#));
    assert!(!holds(r#"{"ForAnyValue:StringLike":{"aws:TagKeys":"*"}}"#));
    assert!(holds(r#"{"ForAllValues:StringLike":{"aws:TagKeys":"a"}}"#));
}

#[test]
fn a_variable_without_a_value_opens_nothing() {
    let context = ContextEntries::default().with("aws:Test", &["x"]);
    for (operator, allows, denies) in [
        ("StringEquals", false, false),
        ("StringLike", false, false),
        // "Anything but an unknown value" must not allow, and may deny.
        ("StringNotEquals", false, true),
        ("StringNotLike", false, true),
        ("ForAnyValue:StringNotEquals", false, true),
    ] {
        let condition =
            condition(&format!(r#"{{"{operator}":{{"aws:Test":"${{aws:PrincipalTag/none}}"}}}}"#));
        assert_eq!(condition.holds(Known::of(&context), Effect::Allow), allows, "{operator}");
        assert_eq!(condition.holds(Known::of(&context), Effect::Deny), denies, "{operator}");
    }
}

#[test]
fn names_of_keys_are_compared_without_regard_to_case() {
    let context = ContextEntries::default().with("aws:SourceIp", &["10.0.0.1"]);
    let condition = condition(r#"{"IpAddress":{"AWS:sourceIP":"10.0.0.0/8"}}"#);
    assert!(condition.holds(Known::of(&context), Effect::Allow));
}

#[test]
fn values_that_no_operator_compares_are_errors() {
    for (text, message) in [
        (r#"{"StringMatches":{"aws:Test":"a"}}"#, "Invalid Condition type : StringMatches"),
        (
            r#"{"ForSomeValues:StringEquals":{"aws:Test":"a"}}"#,
            "Invalid Condition type : ForSomeValues:StringEquals",
        ),
        (r#"{"NullIfExists":{"aws:Test":"true"}}"#, "Invalid Condition type : NullIfExists"),
        (r#"{"ForAnyValue:Null":{"aws:Test":"true"}}"#, "Invalid Condition type : ForAnyValue:Null"),
        (r#"{"IpAddress":{"aws:SourceIp":"300.0.0.0/8"}}"#, "Invalid IP address in Conditions"),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#, "Invalid IP address in Conditions"),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/+8"}}"#, "Invalid IP address in Conditions"),
        (r#"{"NumericEquals":{"aws:Test":"ten"}}"#, "Invalid value in Conditions for operator NumericEquals"),
        (r#"{"NumericEquals":{"aws:Test":"nan"}}"#, "Invalid value in Conditions for operator NumericEquals"),
        (r#"{"DateEquals":{"aws:Test":"soon"}}"#, "Invalid value in Conditions for operator DateEquals"),
        (r#"{"Bool":{"aws:Test":"1"}}"#, "Invalid value in Conditions for operator Bool"),
        (r#"{"Null":{"aws:Test":"maybe"}}"#, "Invalid value in Conditions for operator Null"),
        (r#"{"BinaryEquals":{"aws:Test":"%"}}"#, "Invalid value in Conditions for operator BinaryEquals"),
        (r#"{"StringEquals":{"aws:Test":{"a":1}}}"#, "Invalid policy syntax."),
        (r#"{"StringEquals":{"aws:Test":null}}"#, "Invalid policy syntax."),
        (r#"{"StringEquals":"a"}"#, "Invalid policy syntax."),
        (r#"["StringEquals"]"#, "Invalid policy syntax."),
    ] {
        let error = parse(&Json::parse(text).unwrap(), Variables::Replace).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn what_nobody_knows_fulfils_every_deny_and_no_allow() {
    struct Unsaid;
    impl crate::Context for Unsaid {
        fn value(&self, _key: &Key) -> Option<Values<'_>> {
            Some(Values::Unknown)
        }
    }
    for text in [
        r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"NotIpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"ForAllValues:IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"ForAnyValue:NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"Null":{"aws:SourceIp":"true"}}"#,
        r#"{"Null":{"aws:SourceIp":"false"}}"#,
    ] {
        assert!(!condition(text).holds(Known::of(&Unsaid), Effect::Allow), "{text}");
        assert!(condition(text).holds(Known::of(&Unsaid), Effect::Deny), "{text}");
        assert_eq!(actual(&condition(text), Known::of(&Unsaid)).unwrap(), ["not known"], "{text}");
    }
    // Nor is it put into a value that names it.
    let named = condition(r#"{"StringEquals":{"aws:SourceIp":"${aws:SourceIp, 'x'}"}}"#);
    assert!(!named.holds(Known::of(&Unsaid), Effect::Allow));
}
