//! Text with wildcards and policy variables: what `Resource` and condition values are made of.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

mod wildcard;

use super::budget::Budget;
use super::context::Known;
use super::keys::{Key, Values};
use std::rc::Rc;
use wildcard::{Part, Token};

/// What a pattern is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// These characters.
    Text(Box<str>),
    /// `?`: any one character.
    One,
    /// `*`: any characters, none and `/` included.
    Any,
    /// `${aws:username}`: what the request says.
    Variable(Box<Variable>),
}

/// `${key}` or `${key, 'default'}`
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Variable {
    pub(crate) key: Key,
    pub(crate) default: Option<Box<str>>,
}

/// How a text is read as a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Syntax {
    pub(crate) wildcards: Wildcards,
    pub(crate) variables: Variables,
}

/// Whether `*` and `?` stand for other characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wildcards {
    Match,
    Literal,
}

/// Whether `${…}` is replaced, which version 2012-10-17 of the language brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variables {
    Replace,
    Literal,
}

/// A pattern, split once when its policy is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pattern {
    pieces: Box<[Piece]>,
    has_variables: bool,
}

impl Pattern {
    /// Reads a pattern. Everything else is text, such as a lone `$`, or an open brace that is never
    /// closed.
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Pattern {
        let mut reader = Reader::default();
        let mut braces = Braces { text, next: None };
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            if syntax.variables == Variables::Replace
                && let Some((variable, after)) = read_variable(rest, &mut braces)
            {
                match variable {
                    Braced::Escaped(character) => reader.literal.push(character),
                    Braced::Variable(variable) => reader.push(Piece::Variable(Box::new(variable))),
                }
                rest = after;
                continue;
            }
            match (character, syntax.wildcards) {
                ('*', Wildcards::Match) => reader.push_any(),
                ('?', Wildcards::Match) => reader.push(Piece::One),
                _ => reader.literal.push(character),
            }
            rest = after;
        }
        reader.finish()
    }

    /// A pattern that matches everything.
    pub(crate) fn any() -> Pattern {
        Pattern { pieces: Box::new([Piece::Any]), has_variables: false }
    }

    /// The pieces.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it matches only itself: no wildcard, no variable.
    pub(crate) fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// Whether it is `*` alone.
    pub(crate) fn is_any(&self) -> bool {
        matches!(&*self.pieces, [Piece::Any])
    }

    /// Whether it matches `text`; `None` where a variable has no value in this request.
    pub(crate) fn matches(&self, text: &str, known: Known<'_>) -> Option<bool> {
        // Most patterns are a text, or a text and a star: these need no general matching.
        match &*self.pieces {
            [Piece::Any] => Some(true),
            [Piece::Text(own)] => Some(known.budget.spend_bytes(own.len()) && **own == *text),
            [Piece::Text(own), Piece::Any] => {
                Some(known.budget.spend_bytes(own.len()) && text.starts_with(&**own))
            }
            pieces if !self.has_variables => Some(wildcard::matches(pieces, text, known.budget)),
            _ => {
                let resolved = self.resolve(text.len(), known)?;
                Some(resolved.is_some_and(|resolved| wildcard::matches(&resolved, text, known.budget)))
            }
        }
    }

    /// Whether a pattern without wildcards equals `text`, ignoring case; `None` as for
    /// [`Pattern::matches`].
    pub(crate) fn equals_ignoring_case(&self, text: &str, known: Known<'_>) -> Option<bool> {
        // A letter of one byte has at most 3 bytes in the other case.
        let Some(resolved) = self.resolve(text.len().saturating_mul(3), known)? else { return Some(false) };
        let mut others = text.chars().flat_map(char::to_lowercase);
        for part in &resolved {
            let own = match part.token() {
                Token::Text(own) => own,
                Token::One => "?",
                Token::Any => "*",
            };
            for own in own.chars().flat_map(char::to_lowercase) {
                if !known.budget.spend(CASE_COST) || others.next() != Some(own) {
                    return Some(false);
                }
            }
        }
        Some(others.next().is_none())
    }

    /// The pieces with variables replaced. Their values are text: a `*` in the value of a tag is no
    /// wildcard. `None` where a variable has no value in this request; `Some(None)` where the texts
    /// together are longer than `length_max`, and so cannot match. Values are looked up even then,
    /// because one without a value must be reported.
    fn resolve<'a>(&'a self, length_max: usize, known: Known<'_>) -> Option<Option<Vec<Resolved<'a>>>> {
        if !known.budget.spend(RESOLVE_COST + PIECE_COST * self.pieces.len()) {
            return Some(None);
        }
        let (mut resolved, mut length) = (Vec::with_capacity(self.pieces.len()), 0);
        for piece in &self.pieces {
            let part = match piece {
                Piece::Text(own) => Resolved::Text(own),
                Piece::One => Resolved::One,
                Piece::Any => Resolved::Any,
                Piece::Variable(variable) => variable.value(known)?,
            };
            if let Token::Text(own) = part.token() {
                length += own.len();
            }
            if length <= length_max {
                resolved.push(part);
            }
        }
        Some((length <= length_max).then_some(resolved))
    }

    /// Whether it can match some text that starts with `prefix`; variables may be anything.
    pub(crate) fn may_start_with(&self, prefix: &str) -> bool {
        let mut rest = prefix;
        for piece in &self.pieces {
            if rest.is_empty() {
                return true;
            }
            match piece {
                Piece::Any | Piece::Variable(_) => return true,
                Piece::One => rest = skip_character(rest).unwrap_or_default(),
                Piece::Text(text) => match (rest.strip_prefix(&**text), text.starts_with(rest)) {
                    (Some(after), _) => rest = after,
                    (None, true) => return true,
                    (None, false) => return false,
                },
            }
        }
        rest.is_empty()
    }

    /// Whether it can match `text`; variables may be anything.
    pub(crate) fn may_match(&self, text: &str) -> bool {
        let loose = |piece: &Piece| match piece {
            Piece::Variable(_) => Piece::Any,
            other => other.clone(),
        };
        matches(&self.pieces.iter().map(loose).collect::<Vec<_>>(), text)
    }
}

/// Steps that it takes to compare two letters without regard to case.
const CASE_COST: usize = 8;

/// Steps that the replacement of variables takes, besides those for each piece.
const RESOLVE_COST: usize = 12;

/// Steps that it takes to write down a piece whose variables are replaced.
const PIECE_COST: usize = 4;

/// A piece with its variable replaced.
enum Resolved<'a> {
    Text(&'a str),
    /// What the request has for a key.
    Value(Rc<Values<'static>>),
    One,
    Any,
}

impl Part for Resolved<'_> {
    fn token(&self) -> Token<'_> {
        match self {
            Resolved::Text(own) => Token::Text(own),
            Resolved::Value(values) => match &**values {
                Values::One(value) => Token::Text(value),
                Values::Many(_) | Values::Unknown => Token::Text(""),
            },
            Resolved::One => Token::One,
            Resolved::Any => Token::Any,
        }
    }
}

impl Part for Piece {
    fn token(&self) -> Token<'_> {
        match self {
            Piece::Text(own) => Token::Text(own),
            Piece::One => Token::One,
            // Callers match only patterns without variables as they are, or take a variable for
            // anything.
            Piece::Any | Piece::Variable(_) => Token::Any,
        }
    }
}

impl Variable {
    fn value(&self, known: Known<'_>) -> Option<Resolved<'_>> {
        match known.value(&self.key) {
            // A key with several values cannot be put into a text, and neither can one that is not
            // known.
            Some(values) => matches!(*values, Values::One(_)).then_some(Resolved::Value(values)),
            None => self.default.as_deref().map(Resolved::Text),
        }
    }
}

/// Whether pieces match a text of bounded length: the name of an action, or of a bucket. Variables
/// may be anything.
pub(crate) fn matches(pieces: &[Piece], text: &str) -> bool {
    matches_within(pieces, text, &Budget::default())
}

/// The same with a budget: `false` also where it ends first.
pub(crate) fn matches_within(pieces: &[Piece], text: &str, budget: &Budget) -> bool {
    wildcard::matches(pieces, text, budget)
}

fn skip_character(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next()?;
    Some(characters.as_str())
}

#[derive(Default)]
struct Reader {
    pieces: Vec<Piece>,
    literal: String,
}

impl Reader {
    fn push(&mut self, piece: Piece) {
        self.flush();
        self.pieces.push(piece);
    }

    /// Two stars in a row are one.
    fn push_any(&mut self) {
        self.flush();
        if self.pieces.last() != Some(&Piece::Any) {
            self.pieces.push(Piece::Any);
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.literal).into_boxed_str()));
        }
    }

    fn finish(mut self) -> Pattern {
        self.flush();
        if self.pieces.is_empty() {
            self.pieces.push(Piece::Text("".into()));
        }
        let has_variables = self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
        Pattern { pieces: self.pieces.into_boxed_slice(), has_variables }
    }
}

/// What stands in `${…}`.
enum Braced {
    /// `${*}`, `${?}`, `${$}`
    Escaped(char),
    Variable(Variable),
}

/// Where the braces close. Each closing brace is searched once, however many open before it, so
/// that reading takes linear time.
struct Braces<'a> {
    text: &'a str,
    next: Option<Closing>,
}

/// A closing brace, in bytes from the start of the text.
#[derive(Clone, Copy)]
struct Closing {
    /// The end of the text where none follows.
    at: usize,
    /// Where white space begins before it.
    trimmed: usize,
}

impl Braces<'_> {
    /// The first that closes at `from` or later.
    fn closing(&mut self, from: usize) -> Option<Closing> {
        let known = self.next.filter(|known| known.at >= from);
        let closing = known.unwrap_or_else(|| {
            let length = self.text.len();
            let at = self.text.get(from..).and_then(|rest| rest.find('}')).map_or(length, |at| from + at);
            let trimmed = self.text.get(..at).map_or(at, |before| before.trim_end().len());
            Closing { at, trimmed }
        });
        self.next = Some(closing);
        (closing.at < self.text.len()).then_some(closing)
    }
}

/// Reads `${…}` at the start of `rest`, which is the end of the text. It takes time in proportion
/// to what it reads.
fn read_variable<'a>(rest: &'a str, braces: &mut Braces<'a>) -> Option<(Braced, &'a str)> {
    let name = rest.strip_prefix("${")?;
    let text = braces.text;
    let start = text.len() - name.len();
    let closing = braces.closing(start)?;
    let after = text.get(closing.at + 1..)?;
    let (escape, is_escape) = (name.chars().next()?, closing.at == start + 1);
    if is_escape && matches!(escape, '*' | '?' | '$') {
        return Some((Braced::Escaped(escape), after));
    }
    let end = name.find([',', '}', '$', '{'])?;
    let (key, next) = name.split_at_checked(end)?;
    let default = match next.chars().next()? {
        '}' => None,
        ',' => {
            let value = next.get(1..)?.trim_start().strip_prefix('\'')?;
            let begin = text.len() - value.len();
            let quoted = text.get(begin..closing.trimmed)?;
            Some(quoted.strip_suffix('\'')?.into())
        }
        _ => return None,
    };
    let key = key.trim();
    (!key.is_empty()).then(|| (Braced::Variable(Variable { key: Key::parse(key), default }), after))
}

/// How ARNs of buckets and objects begin: they name neither region nor account.
const S3_HEAD: [&str; 5] = ["arn", "aws", "s3", "", ""];

/// Steps that it takes to look at an ARN. Going through its parts takes as many again, besides
/// comparing them.
const ARN_COST: usize = 8;

/// An ARN with wildcards, compared part by part: a star in one part does not reach into the next.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ArnPattern {
    /// `arn`, partition, service, region, account.
    head: [Pattern; 5],
    /// Whether these are [`S3_HEAD`], as of most.
    is_of_s3: bool,
    /// What follows the fifth colon.
    pub(crate) relative: Pattern,
}

impl ArnPattern {
    /// Reads an ARN. Parts that are missing may be anything, and so `*` is every ARN.
    pub(crate) fn parse(text: &str, variables: Variables) -> ArnPattern {
        let syntax = Syntax { wildcards: Wildcards::Match, variables };
        let mut parts =
            split_arn(text).map(|part| part.map_or_else(Pattern::any, |part| Pattern::parse(part, syntax)));
        let relative = std::mem::replace(&mut parts[5], Pattern::any());
        let [arn, partition, service, region, account, _] = parts;
        let head = [arn, partition, service, region, account];
        let is_text =
            |own: &Pattern, part: &str| matches!(&*own.pieces, [Piece::Text(own)] if **own == *part);
        let is_of_s3 = head.iter().zip(S3_HEAD).all(|(own, part)| is_text(own, part));
        ArnPattern { head, is_of_s3, relative }
    }

    /// Whether it names one thing.
    pub(crate) fn is_fixed(&self) -> bool {
        self.head.iter().all(Pattern::is_fixed) && self.relative.is_fixed()
    }

    /// The parts before the resource's own name.
    pub(crate) fn head(&self) -> &[Pattern; 5] {
        &self.head
    }

    /// Whether it matches; `None` where a variable has no value in this request.
    pub(crate) fn matches(&self, arn: &Arn<'_>, known: Known<'_>) -> Option<bool> {
        // Matching `*` costs a little too, and a policy may have many.
        known.budget.spend(ARN_COST);
        if self.is_of_s3 && arn.is_of_s3 {
            return self.relative.matches(arn.relative, known);
        }
        known.budget.spend(ARN_COST);
        for (own, part) in self.head.iter().zip(arn.head) {
            if !own.matches(part, known)? {
                return Some(false);
            }
        }
        self.relative.matches(arn.relative, known)
    }
}

/// An ARN that a request names, split at its colons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arn<'a> {
    head: [&'a str; 5],
    is_of_s3: bool,
    pub(crate) relative: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits a whole ARN.
    pub(crate) fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let relative = parts.next()?;
        (head.first() == Some(&"arn")).then_some(Arn { head, is_of_s3: head == S3_HEAD, relative })
    }

    /// A resource without an ARN.
    pub(crate) fn unknown(text: &'a str) -> Arn<'a> {
        Arn { head: [""; 5], is_of_s3: false, relative: text }
    }
}

/// Splits at the first five colons that stand outside of `${…}`.
fn split_arn(text: &str) -> [Option<&str>; 6] {
    let mut parts = [None; 6];
    let (mut start, mut next) = (0, 0);
    let mut braces = false;
    for (at, character) in text.char_indices() {
        match character {
            '{' if text.get(..at).is_some_and(|before| before.ends_with('$')) => braces = true,
            '}' => braces = false,
            ':' if !braces && next < 5 => {
                if let Some(part) = parts.get_mut(next) {
                    *part = text.get(start..at);
                }
                (start, next) = (at + 1, next + 1);
            }
            _ => {}
        }
    }
    if let Some(part) = parts.get_mut(next) {
        *part = text.get(start..);
    }
    parts
}

#[cfg(test)]
mod tests;
