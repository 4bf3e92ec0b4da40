//! Text with wildcards and policy variables: what `Resource` and condition values are made of.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::keys::Key;
use super::request::{Context, Values};
use std::borrow::Cow;

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
    /// Reads a pattern. What is no variable is text: a lone `$`, an open brace that is never closed.
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Pattern {
        let mut reader = Reader::default();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            if syntax.variables == Variables::Replace
                && let Some((variable, after)) = read_variable(rest)
            {
                match variable {
                    Read::Escaped(character) => reader.literal.push(character),
                    Read::Variable(variable) => reader.push(Piece::Variable(Box::new(variable))),
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

    /// Whether it is nothing but `*`.
    pub(crate) fn is_any(&self) -> bool {
        matches!(&*self.pieces, [Piece::Any])
    }

    /// Whether it matches `text`; `None` where a variable has no value in this request.
    pub(crate) fn matches(&self, text: &str, context: &dyn Context) -> Option<bool> {
        // Most patterns are a text, or a text and a star.
        match &*self.pieces {
            [Piece::Text(own)] => Some(**own == *text),
            [Piece::Text(own), Piece::Any] => Some(text.starts_with(&**own)),
            [Piece::Any] => Some(true),
            pieces if !self.has_variables => Some(matches(pieces, text)),
            _ => Some(matches(&self.resolve(context)?, text)),
        }
    }

    /// The text of a pattern without wildcards, with variables replaced.
    pub(crate) fn text(&self, context: &dyn Context) -> Option<Cow<'_, str>> {
        if let [Piece::Text(text)] = &*self.pieces {
            return Some(Cow::Borrowed(text));
        }
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(variable) => out.push_str(&variable.value(context)?),
                Piece::One => out.push('?'),
                Piece::Any => out.push('*'),
            }
        }
        Some(Cow::Owned(out))
    }

    /// The pieces with variables replaced. Their values are text: a `*` in a tag opens nothing.
    fn resolve(&self, context: &dyn Context) -> Option<Vec<Piece>> {
        let resolved = |piece: &Piece| match piece {
            Piece::Variable(variable) => {
                Some(Piece::Text(variable.value(context)?.into_owned().into_boxed_str()))
            }
            other => Some(other.clone()),
        };
        self.pieces.iter().map(resolved).collect()
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

impl Variable {
    fn value<'a>(&'a self, context: &'a dyn Context) -> Option<Cow<'a, str>> {
        match context.value(&self.key) {
            Some(Values::One(value)) => Some(value),
            // A key with several values cannot stand in a text.
            Some(Values::Many(_)) => None,
            None => self.default.as_deref().map(Cow::Borrowed),
        }
    }
}

/// Whether pieces without variables match a text.
///
/// Only the last star is ever asked to take more: an earlier one could not reach further. So the work is at
/// most the length of the text times that of what stands between two stars.
pub(crate) fn matches(pieces: &[Piece], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut star: Option<(usize, &str)> = None;
    loop {
        match pieces.get(at) {
            None if rest.is_empty() => return true,
            Some(Piece::Any) => {
                at += 1;
                if at == pieces.len() {
                    return true;
                }
                star = Some((at, rest));
                continue;
            }
            Some(Piece::Text(own)) => {
                if let Some(after) = rest.strip_prefix(&**own) {
                    (at, rest) = (at + 1, after);
                    continue;
                }
            }
            Some(Piece::One) => {
                if let Some(after) = skip_character(rest) {
                    (at, rest) = (at + 1, after);
                    continue;
                }
            }
            Some(Piece::Variable(_)) | None => {}
        }
        let Some((after_star, from)) = star else { return false };
        let Some(next) = skip_character(from).and_then(|from| seek(pieces.get(after_star), from)) else {
            return false;
        };
        star = Some((after_star, next));
        (at, rest) = (after_star, next);
    }
}

/// The first place from where `piece` could match.
fn seek<'a>(piece: Option<&Piece>, text: &'a str) -> Option<&'a str> {
    match piece {
        Some(Piece::Text(own)) => text.get(text.find(&**own)?..),
        _ => Some(text),
    }
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

    /// Two stars in a row say what one says.
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

enum Read {
    /// `${*}`, `${?}`, `${$}`
    Escaped(char),
    Variable(Variable),
}

/// Reads `${…}` at the start of a text.
fn read_variable(text: &str) -> Option<(Read, &str)> {
    let (name, after) = text.strip_prefix("${")?.split_once('}')?;
    let read = match name {
        "*" => Read::Escaped('*'),
        "?" => Read::Escaped('?'),
        "$" => Read::Escaped('$'),
        _ => {
            let (key, default) = match name.split_once(',') {
                Some((key, default)) => {
                    let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                    (key, Some(default.into()))
                }
                None => (name, None),
            };
            let key = key.trim();
            if key.is_empty() || key.contains(['$', '{']) {
                return None;
            }
            Read::Variable(Variable { key: Key::parse(key), default })
        }
    };
    Some((read, after))
}

/// An ARN with wildcards, compared part by part: a star in one part does not reach into the next.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ArnPattern {
    /// `arn`, partition, service, region, account.
    head: [Pattern; 5],
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
        ArnPattern { head: [arn, partition, service, region, account], relative }
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
    pub(crate) fn matches(&self, arn: &Arn<'_>, context: &dyn Context) -> Option<bool> {
        for (own, part) in self.head.iter().zip(arn.head) {
            if !own.matches(part, context)? {
                return Some(false);
            }
        }
        self.relative.matches(arn.relative, context)
    }
}

/// An ARN that a request names, split at its colons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arn<'a> {
    head: [&'a str; 5],
    pub(crate) relative: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits a whole ARN.
    pub(crate) fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let relative = parts.next()?;
        (head.first() == Some(&"arn")).then_some(Arn { head, relative })
    }

    /// Something that has no ARN.
    pub(crate) fn unknown(text: &'a str) -> Arn<'a> {
        Arn { head: [""; 5], relative: text }
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
