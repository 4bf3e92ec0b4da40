//! Side lists: operations that are listed by hand outside of the operations table.
//!
//! A side list is two or more operations side by side, separated by `|` or `,`: in a pattern, an
//! array, a macro. They are written as `Operation::GetObject` or as the text of the name. A
//! question about parts of a name (`operation.starts_with("List")`) counts too. One operation alone
//! does not, so neither does a `match` that has an arm for each.

#[cfg(test)]
mod tests;

use gateway::operations::Operation;
use proc_macro2::{TokenStream, TokenTree};

/// The methods that look for a part of a text.
const LOOKS: [&str; 3] = ["contains", "ends_with", "starts_with"];

/// The side lists in the tokens of a file, as they are written there.
pub(super) fn of(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (list, length) = list(&tokens[at..]);
        if list.len() > 1 {
            found.push(list.join(" | "));
        }
        found.extend(look(&tokens[at..]));
        if let TokenTree::Group(group) = &tokens[at] {
            found.extend(of(group.stream()));
        }
        at += length.max(1);
    }
    found
}

/// The operations that `tokens` begin with, and how many tokens they take.
fn list(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let (mut names, mut length) = (Vec::new(), 0);
    while let Some((name, taken)) = tokens.get(length..).and_then(operation) {
        names.push(name);
        length += taken;
        match tokens.get(length) {
            Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), '|' | ',') => length += 1,
            _ => break,
        }
    }
    (names, length)
}

/// The operation that `tokens` begin with, and how many tokens it takes: a path or a text.
fn operation(tokens: &[TokenTree]) -> Option<(String, usize)> {
    if let TokenTree::Literal(text) = tokens.first()? {
        let name = text.to_string().trim_matches('"').to_string();
        return Operation::parse(&name).map(|_| (name, 1));
    }
    // A path: each name is followed by two colons, but for the last.
    let mut names = Vec::new();
    let mut length = 0;
    while let Some(TokenTree::Ident(name)) = tokens.get(length) {
        names.push(name.to_string());
        length += 1;
        let is_colon =
            |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        if !is_colon(length) || !is_colon(length + 1) {
            break;
        }
        length += 2;
    }
    let name = names.pop().filter(|name| name.starts_with(char::is_uppercase))?;
    (names.last()? == "Operation").then_some((name, length))
}

/// A question about parts of the name of an operation: `operation`, maybe `.as_str()`, and one of
/// [`LOOKS`].
fn look(tokens: &[TokenTree]) -> Option<String> {
    let words: Vec<String> = tokens.iter().take(6).map(|token| token.to_string()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let method = match words.as_slice() {
        ["operation", ".", "as_str", "()", ".", method] => method,
        ["operation", ".", method, ..] => method,
        _ => return None,
    };
    LOOKS.contains(method).then(|| format!("operation.{method}(…)"))
}
