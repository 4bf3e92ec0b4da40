//! Where the statements of a policy are in its text: simulations report these positions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html>

/// A position in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Characters, counted from 1.
    pub column: u32,
}

/// Where something begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Behind the bracket, the comma or the colon that stands before it, white space included.
    pub start: Position,
    /// At its first character.
    pub opens: Position,
    /// Behind its last character.
    pub end: Position,
}

/// The statements of a document, in their order. The document must be a valid policy. For any other
/// text the result is useless, but harmless.
pub fn statements(text: &str) -> Vec<Stretch> {
    let mut scan = Scan { position: Position { line: 1, column: 1 }, ..Scan::default() };
    for character in text.chars() {
        scan.step(character);
    }
    scan.found
}

/// The texts of the statements that [`statements`] found, from the first character to the last.
pub fn texts<'a>(text: &'a str, statements: &[Stretch]) -> Vec<&'a str> {
    let ends = statements.iter().flat_map(|own| [own.opens, own.end]);
    let mut offsets = Vec::with_capacity(statements.len() * 2);
    let mut ends = ends.peekable();
    let mut position = Position { line: 1, column: 1 };
    for (offset, character) in text.char_indices().chain([(text.len(), '\n')]) {
        while ends.next_if_eq(&position).is_some() {
            offsets.push(offset);
        }
        match character {
            '\n' => position = Position { line: position.line + 1, column: 1 },
            _ => position.column += 1,
        }
    }
    let pairs = offsets.chunks_exact(2);
    pairs
        .map(|pair| {
            pair.first().zip(pair.last()).and_then(|(start, end)| text.get(*start..*end)).unwrap_or_default()
        })
        .collect()
}

/// A scan in progress.
#[derive(Debug)]
struct Scan {
    position: Position,
    depth: usize,
    string: Option<Text>,
    /// The last string at the top level of the document.
    name: String,
    /// While the value of `Statement` is read: the depth at which statements stand, 1 for one
    /// alone, 2 in a list.
    level: Option<usize>,
    start: Position,
    opens: Position,
    found: Vec<Stretch>,
}

/// A string in progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Text {
    Open,
    /// Behind a backslash.
    Escaped,
}

impl Default for Scan {
    fn default() -> Scan {
        let position = Position { line: 1, column: 1 };
        Scan {
            position,
            depth: 0,
            string: None,
            name: String::new(),
            level: None,
            start: position,
            opens: position,
            found: Vec::new(),
        }
    }
}

impl Scan {
    fn step(&mut self, character: char) {
        let before = self.position;
        match character {
            '\n' => self.position = Position { line: before.line + 1, column: 1 },
            _ => self.position.column += 1,
        }
        match (self.string, character) {
            (Some(Text::Escaped), _) => self.string = Some(Text::Open),
            (Some(Text::Open), '\\') => self.string = Some(Text::Escaped),
            (Some(Text::Open), '"') => self.string = None,
            (Some(Text::Open), other) if self.depth == 1 => self.name.push(other),
            (Some(Text::Open), _) => {}
            (None, '"') => {
                self.string = Some(Text::Open);
                if self.depth == 1 {
                    self.name.clear();
                }
            }
            (None, token) => self.token(token, before),
        }
    }

    /// A character outside of strings.
    fn token(&mut self, token: char, at: Position) {
        match token {
            ':' if self.depth == 1 => {
                self.level = (self.name == "Statement").then_some(1);
                self.start = self.position;
            }
            '{' | '[' => {
                if token == '{' && self.level == Some(self.depth) {
                    self.opens = at;
                }
                self.depth += 1;
                if token == '[' && self.depth == 2 && self.level.is_some() {
                    (self.level, self.start) = (Some(2), self.position);
                }
            }
            ',' if self.depth == 1 => self.level = None,
            ',' if self.depth == 2 && self.level == Some(2) => self.start = self.position,
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if token == '}' && self.level == Some(self.depth) {
                    self.found.push(Stretch { start: self.start, opens: self.opens, end: self.position });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
