//! Wildcards against a naive model, variables, parts of ARNs.

use super::super::memory::Memory;
use super::*;
use crate::ContextEntries;
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
    assert_eq!(parsed.matches(text, Known::of(&alice())), expected, "{pattern} {text}");
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
        // A star in a value is no wildcard.
        ("${aws:PrincipalTag/team}", "axb", Some(false)),
        ("${aws:PrincipalTag/none}", "", None),
        ("${aws:PrincipalTag/none, 'company'}", "company", Some(true)),
        ("${aws:PrincipalTag/none,'company'}/*", "company/a", Some(true)),
        ("${aws:username, 'company'}", "alice", Some(true)),
        // Several values cannot be put into a text.
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
fn the_case_of_letters_can_be_ignored() {
    for (pattern, text, expected) in [
        ("a*?", "A*?", Some(true)),
        ("<${aws:username}>", "<ALICE>", Some(true)),
        ("<${aws:username}>", "<ALIC>", Some(false)),
        ("<${aws:username}>", "<ALICE>x", Some(false)),
        ("${aws:PrincipalTag/none}", "", None),
        ("${aws:PrincipalTag/none, 'X'}", "x", Some(true)),
        // One letter in one case, two in the other.
        ("\u{130}", "i\u{307}", Some(true)),
        ("\u{212a}elvin", "kelvin", Some(true)),
        ("kelvin", "\u{212a}ELVIN", Some(true)),
    ] {
        let parsed = Pattern::parse(pattern, EXACT);
        assert_eq!(parsed.equals_ignoring_case(text, Known::of(&alice())), expected, "{pattern} {text}");
    }
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
        assert_eq!(pattern_read.matches(&arn, Known::of(&alice())), Some(expected), "{pattern} {arn:?}");
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

/// Steps that it takes to find out that a pattern does not match.
fn steps(pattern: &str, text: &str) -> u64 {
    let budget = Budget::of(u64::MAX);
    let context = alice().with("aws:UserAgent", &[text]);
    let known = Known { context: &context, budget: &budget, memory: &Memory::default() };
    assert_eq!(Pattern::parse(pattern, LIKE).matches(text, known), Some(false), "{pattern}");
    u64::MAX - budget.left()
}

#[test]
fn work_grows_as_the_text_does() {
    let long = "a?".repeat(240);
    for pattern in [
        "*a*b".to_owned(),
        format!("*{}b", "?".repeat(500)),
        format!("*{}b*", "?".repeat(500)),
        format!("*{}*b*", "?*".repeat(500)),
        format!("{}b", "a*?".repeat(30)),
        format!("*{}b*", "a?".repeat(30)),
        format!("*{long}b*"),
        format!("*{long}b*{long}b*"),
        format!("*{}b*", "*a".repeat(400)),
        format!("*{}b*", "a".repeat(900)),
        "*${aws:UserAgent}*${aws:UserAgent}*".repeat(100),
    ] {
        let (once, twice) = (steps(&pattern, &"a".repeat(4000)), steps(&pattern, &"a".repeat(8000)));
        assert!(twice < once * 5 / 2, "{pattern}: {once} steps, then {twice}");
        // A matcher that tries each position takes 8,000 times the length of the pattern.
        assert!(twice < 150_000, "{pattern}: {twice} steps");
    }
}

#[test]
fn what_the_budget_does_not_suffice_for_does_not_match() {
    let pattern = Pattern::parse("*a?a*", LIKE);
    let text = "a".repeat(5000);
    for (steps, expected) in [(100, false), (100_000, true)] {
        let budget = Budget::of(steps);
        let known = Known { context: &alice(), budget: &budget, memory: &Memory::default() };
        assert_eq!(pattern.matches(&text, known), Some(expected));
        assert_eq!(budget.is_exhausted(), !expected);
    }
}

#[test]
fn a_pattern_is_read_in_one_go() {
    // A reader that searches the end of each brace anew takes quadratic time.
    for unit in ["${", "${a", "${a,", "${a,'", "${a,' ", "$", "{", "${a, "] {
        for end in ["", "}", "     }", "'}", "' }"] {
            let text = format!("{}{}{end}", unit.repeat(200_000), " ".repeat(200_000));
            let begun = std::time::Instant::now();
            let _ = Pattern::parse(&text, LIKE);
            assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{unit} {end}");
        }
    }
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
        prop_assert_eq!(Pattern::parse(&pattern, LIKE).matches(&text, Known::of(&alice())), Some(model));
    }

    #[test]
    fn gaps_match_as_a_naive_matcher_does(core in "[ab?]{1,5}", lead in "[ab*?]{0,3}", text in "[ab]{0,200}") {
        let pattern = format!("{lead}*{core}*");
        let model = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(Pattern::parse(&pattern, LIKE).matches(&text, Known::of(&alice())), Some(model));
    }

    #[test]
    fn variables_match_as_their_values_do(pattern in "([ab*?]|<user>|<none>|<tag>){0,8}", text in "(a|b|alice|a\\*b){0,6}") {
        let named = pattern.replace("<user>", "${aws:username}").replace("<none>", "${aws:PrincipalTag/none,'b'}")
            .replace("<tag>", "${aws:PrincipalTag/team}");
        // The star in the tag is text.
        let other = |text: &str| text.replace("a*b", "#");
        let plain = pattern.replace("<user>", "alice").replace("<none>", "b").replace("<tag>", "#");
        let model = naive(&plain.chars().collect::<Vec<_>>(), &other(&text).chars().collect::<Vec<_>>());
        let starless = !pattern.contains(['*', '?']);
        if starless || !text.contains("a*b") {
            prop_assert_eq!(Pattern::parse(&named, LIKE).matches(&text, Known::of(&alice())), Some(model));
        }
    }

    #[test]
    fn what_starts_so_may_start_so(pattern in "[ab*?/]{0,8}", prefix in "[ab/]{0,5}", rest in "[ab/]{0,5}") {
        let parsed = Pattern::parse(&pattern, LIKE);
        let text = format!("{prefix}{rest}");
        if parsed.matches(&text, Known::of(&alice())) == Some(true) {
            prop_assert!(parsed.may_start_with(&prefix));
            prop_assert!(parsed.may_match(&text));
        }
    }

    #[test]
    fn any_text_can_be_read_as_a_pattern(pattern in ".*", text in ".*") {
        let _ = Pattern::parse(&pattern, LIKE).matches(&text, Known::of(&alice()));
        let arn = Arn::parse(&text).unwrap_or(Arn::unknown(&text));
        let _ = ArnPattern::parse(&pattern, Variables::Replace).matches(&arn, Known::of(&alice()));
        let exact = Pattern::parse(&text, Syntax { wildcards: Wildcards::Literal, variables: Variables::Literal });
        prop_assert_eq!(exact.matches(&text, Known::of(&alice())), Some(true));
    }
}
