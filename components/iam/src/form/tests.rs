use super::*;

#[test]
fn a_call_has_so_many_parameters_and_no_more() {
    let parse = |text: &str| Form::parse(text, "").map(|form| form.members("A", ".Key").len());
    let rest = "&a".repeat(PARAMETERS_MAX - 1);
    assert_eq!(parse(&format!("Action=X{rest}")), Ok(0));
    assert_eq!(parse(&format!("Action=X{rest}&&&")), Ok(0), "empty ones do not count");
    let error = parse(&format!("Action=X{rest}&b")).unwrap_err();
    assert_eq!(error.code, ErrorCode::ValidationError);
    let tags: String = (1..=250).map(|at| format!("&A.member.{at}.Key=k{at}")).collect();
    assert_eq!(parse(&format!("Action=X{tags}")), Ok(MEMBERS_MAX));
    assert!(Form::parse(&"a&".repeat(190_000), "Action=X").is_err(), "before the query is asked");
    assert!(Form::parse("", &format!("Action=X{}", "&a".repeat(190_000))).is_err());
}

#[test]
fn tags_are_counted_before_they_are_compared() {
    let tags: String =
        (1..=51).map(|at| format!("&Tags.member.{at}.Key=k&Tags.member.{at}.Value=v")).collect();
    let error = Form::parse(&format!("Action=X{tags}"), "").unwrap().tags().unwrap_err();
    assert_eq!(error.code, ErrorCode::LimitExceeded);
}
