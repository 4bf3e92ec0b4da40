//! Patterns that are searched position by position, and others.

use super::*;

/// A pattern whose every character is a token of its own.
struct One(char);

impl Part for One {
    fn token(&self) -> Token<'_> {
        match self.0 {
            '?' => Token::One,
            '*' => Token::Any,
            'a' => Token::Text("a"),
            'b' => Token::Text("b"),
            '\u{e9}' => Token::Text("\u{e9}"),
            _ => Token::Text(""),
        }
    }
}

fn check(pattern: &str, text: &str, expected: bool) {
    let parts: Vec<One> = pattern.chars().map(One).collect();
    assert_eq!(matches(&parts, text, &Budget::default()), expected, "{pattern} {text}");
}

#[test]
fn texts_beside_each_other_are_one() {
    for (pattern, text, expected) in [
        ("*ab*", "aab", true),
        ("*ab*", "ba", false),
        ("*_*", "", true),
        ("_a_*_b_", "ab", true),
        ("*_a_b_*", "xaby", true),
        ("*?_a_?*", "xay", true),
        ("*?_a_?*", "xa", false),
        ("*?_a_?*", "ay", false),
        ("*a?b*", "xa\u{e9}by", true),
        ("*\u{e9}?b*", "x\u{e9}\u{e9}by", true),
        ("*a??\u{e9}?", "aaaaa\u{e9}a", true),
        ("*??*??*", "abc", false),
        ("*??*??*", "abcd", true),
        ("a*a", "a", false),
    ] {
        check(pattern, text, expected);
    }
}

#[test]
fn gaps_are_found_at_every_position() {
    let gapped = [One('a'), One('?'), One('b')];
    for length in 0..200_usize {
        let text = format!("{}axb{}", "\u{e9}".repeat(length), "a".repeat(length % 7));
        let gapped = Gapped::of(&gapped);
        let rest = "a".repeat(length % 7);
        assert_eq!(gapped.seek(&text, &Budget::default()), Some(rest.as_str()), "{length}");
        let count = text.chars().count();
        assert_eq!(gapped.try_each(&text, count - 3, &Budget::default()), Some(length));
        let words = count / POSITIONS + 1;
        assert_eq!(gapped.try_many(&text, words, count - 3, &Budget::default()), Some(length));
    }
}

#[test]
fn many_different_characters_are_tried_one_by_one() {
    let own: String = (0..3000_u32).filter_map(|number| char::from_u32(0x4e00 + number)).collect();
    let parts = Gapped {
        characters: own.chars().map(Some).chain([None, Some('a')]).collect(),
        distinct: {
            let mut distinct: Vec<char> = own.chars().chain(['a']).collect();
            distinct.sort_unstable();
            distinct
        },
    };
    let text = format!("xx{own}-a.");
    assert_eq!(parts.seek(&text, &Budget::default()), Some("."));
    let budget = Budget::of(20_000);
    assert_eq!(parts.seek(&own.repeat(10), &budget), None);
    assert!(budget.is_exhausted());
}
