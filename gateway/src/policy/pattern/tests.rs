//! Wildcards against a naive model, variables, parts of ARNs.

use super::*;
use crate::policy::request::ContextEntries;
use proptest::prelude::*;

const LIKE: Syntax = Syntax { wildcards: Wildcards::Match, variables: Variables::Replace };
const EXACT: Syntax = Syntax { wildcards: Wildcards::Literal, variables: Variables::Replace };
const OLD: Syntax = Syntax { wildcards: Wildcards::Match, variables: Variables::Literal };

fn alice() -> ContextEntries {
    ContextEntries::default()
        .with("aws:username", &["alice"])
        .with("aws:PrincipalTag/team", &["a*b"])
        .with("s3:RequestObjectTagKeys", &["x"])
}

fn check(syntax: Syntax, pattern: &str, text: &str, expected: Option<bool>) {
    let parsed = Pattern::parse(pattern, syntax);
    assert_eq!(parsed.matches(text, &alice()), expected, "{pattern} {text}");
}

#[test]
fn wildcards_stand_for_characters() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a/b/c", true),
        ("**", "a", true),
        ("?", "", false),
        ("?", "é", true),
        ("?", "ab", false),
        ("a*", "a", true),
        ("a*", "ba", false),
        ("*a", "a", true),
        ("*a", "aab", false),
        ("*a", "aabaa", true),
        ("a*b*c", "a1b2b3c", true),
        ("a*b*c", "a1b2b3", false),
        ("*ab?d*", "ababxdabcd", true),
        ("photos/*.jpg", "photos/a/b.jpg", true),
        ("photos/*.jpg", "photos/a.jpg.txt", false),
        ("a?c", "a/c", true),
        ("???", "äöü", true),
        ("*?", "", false),
        ("?*?", "ab", true),
        ("Photos", "photos", false),
    ] {
        check(LIKE, pattern, text, Some(expected));
    }
}

#[test]
fn without_wildcards_stars_are_text() {
    check(EXACT, "a*", "a*", Some(true));
    check(EXACT, "a*", "ab", Some(false));
    check(EXACT, "a?", "a?", Some(true));
}

#[test]
fn variables_are_replaced_by_text() {
    for (pattern, text, expected) in [
        ("users/${aws:username}/*", "users/alice/x", Some(true)),
        ("users/${aws:username}/*", "users/bob/x", Some(false)),
        ("${AWS:UserName}", "alice", Some(true)),
        ("${aws:PrincipalTag/team}", "a*b", Some(true)),
        // A star in a value opens nothing.
        ("${aws:PrincipalTag/team}", "axb", Some(false)),
        ("${aws:PrincipalTag/none}", "", None),
        ("${aws:PrincipalTag/none, 'company'}", "company", Some(true)),
        ("${aws:PrincipalTag/none,'company'}/*", "company/a", Some(true)),
        ("${aws:username, 'company'}", "alice", Some(true)),
        // Several values are no text.
        ("${s3:RequestObjectTagKeys}", "x", None),
        ("${*}${?}${$}", "*?$", Some(true)),
        ("${*}", "abc", Some(false)),
        ("a$b${", "a$b${", Some(true)),
        ("${}", "${}", Some(true)),
        ("${unfinished", "${unfinished", Some(true)),
    ] {
        check(LIKE, pattern, text, expected);
    }
}

#[test]
fn the_old_version_has_no_variables() {
    check(OLD, "${aws:username}", "alice", Some(false));
    check(OLD, "${aws:username}", "${aws:username}", Some(true));
    check(OLD, "$*", "$x", Some(true));
}

#[test]
fn the_text_of_a_pattern_has_its_variables_replaced() {
    let text = |pattern: &str| Pattern::parse(pattern, EXACT).text(&alice()).map(Cow::into_owned);
    assert_eq!(text("a*?").as_deref(), Some("a*?"));
    assert_eq!(text("<${aws:username}>").as_deref(), Some("<alice>"));
    assert_eq!(text("${aws:PrincipalTag/none}"), None);
}

#[test]
fn arns_are_compared_part_by_part() {
    for (pattern, arn, expected) in [
        ("*", "arn:aws:s3:::a", true),
        ("arn:aws:s3:::*", "arn:aws:s3:::a/b:c", true),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b:c", true),
        ("arn:*:s3:::a", "arn:aws:s3:::a", true),
        ("arn:aws:*:::a", "arn:aws:s3:::a", true),
        ("arn:*", "arn:aws:s3:::a", true),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", true),
        // A star does not reach over a colon, but for the last part.
        ("arn:aws:*:role/x", "arn:aws:iam::1:role/x", false),
        ("arn:aws:iam::1*", "arn:aws:iam::12:role/x", true),
        ("arn:aws:iam::111122223333:user/${aws:username}", "arn:aws:iam::111122223333:user/alice", true),
        ("arn:aws:iam::${aws:PrincipalTag/none,'1'}:user/a", "arn:aws:iam::1:user/a", true),
        ("arn:aws:s3:::A", "arn:aws:s3:::a", false),
        ("foo", "arn:aws:s3:::a", false),
    ] {
        let pattern_read = ArnPattern::parse(pattern, Variables::Replace);
        let arn = Arn::parse(arn).unwrap();
        assert_eq!(pattern_read.matches(&arn, &alice()), Some(expected), "{pattern} {arn:?}");
    }
    for text in ["", "arn", "arn:aws:s3", "photos", "x:aws:s3:::a"] {
        assert_eq!(Arn::parse(text), None, "{text}");
    }
}

#[test]
fn what_a_pattern_may_match_is_known_without_a_request() {
    let may = |pattern: &str, text: &str| Pattern::parse(pattern, LIKE).may_match(text);
    assert!(may("photos", "photos"));
    assert!(may("ph*", "photos"));
    assert!(may("${aws:username}", "photos"));
    assert!(!may("photos/*", "photos"));
    let starts = |pattern: &str, prefix: &str| Pattern::parse(pattern, LIKE).may_start_with(prefix);
    for pattern in ["photos/*", "photos/a", "photos*", "*", "p?otos/x", "${aws:username}/x", "photos/"] {
        assert!(starts(pattern, "photos/"), "{pattern}");
    }
    for pattern in ["photos", "photo", "photos2/*", "p?", "other/*"] {
        assert!(!starts(pattern, "photos/"), "{pattern}");
    }
}

#[test]
fn a_hostile_pattern_takes_no_long_time() {
    // Exponential for matchers that try every star again: 30 of them over 1,000 characters.
    let pattern = Pattern::parse(&format!("{}b", "a*?".repeat(30)), LIKE);
    let text = "a".repeat(1000);
    let begun = std::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(pattern.matches(&text, &alice()), Some(false));
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

/// Tries every way in which a star can be read.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(('*', rest)), _) => {
            naive(rest, text) || text.split_first().is_some_and(|(_, after)| naive(pattern, after))
        }
        (Some(_), None) => false,
        (Some(('?', rest)), Some((_, after))) => naive(rest, after),
        (Some((own, rest)), Some((other, after))) => own == other && naive(rest, after),
    }
}

proptest! {
    #[test]
    fn wildcards_match_as_a_naive_matcher_does(pattern in "[ab*?é]{0,10}", text in "[abé]{0,12}") {
        let model = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(Pattern::parse(&pattern, LIKE).matches(&text, &alice()), Some(model));
    }

    #[test]
    fn what_starts_so_may_start_so(pattern in "[ab*?/]{0,8}", prefix in "[ab/]{0,5}", rest in "[ab/]{0,5}") {
        let parsed = Pattern::parse(&pattern, LIKE);
        let text = format!("{prefix}{rest}");
        if parsed.matches(&text, &alice()) == Some(true) {
            prop_assert!(parsed.may_start_with(&prefix));
            prop_assert!(parsed.may_match(&text));
        }
    }

    #[test]
    fn any_text_can_be_read_as_a_pattern(pattern in ".*", text in ".*") {
        let _ = Pattern::parse(&pattern, LIKE).matches(&text, &alice());
        let arn = Arn::parse(&text).unwrap_or(Arn::unknown(&text));
        let _ = ArnPattern::parse(&pattern, Variables::Replace).matches(&arn, &alice());
        let exact = Pattern::parse(&text, Syntax { wildcards: Wildcards::Literal, variables: Variables::Literal });
        prop_assert_eq!(exact.matches(&text, &alice()), Some(true));
    }
}
