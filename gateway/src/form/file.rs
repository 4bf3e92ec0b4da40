//! Finds the end of the file in a `multipart/form-data` body, however the body is cut into chunks.

/// Whether the file goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// More may come.
    More,
    /// The delimiter after the file was seen; what follows it does not matter.
    Ended,
}

/// Tells the bytes of the file from the delimiter after them. It keeps no bytes but the count of those that
/// may yet turn out to be the start of the delimiter.
#[derive(Clone, Debug)]
pub struct FileReader {
    /// `\r\n--boundary`
    delimiter: Vec<u8>,
    /// For each start of the delimiter, the length of its longest end that is a start as well.
    borders: Vec<usize>,
    /// How much of the delimiter was seen.
    matched: usize,
    state: State,
}

impl FileReader {
    /// A reader that starts with the first byte of the file.
    pub fn new(boundary: &str) -> FileReader {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        let mut borders = vec![0; delimiter.len()];
        let mut length = 0;
        for at in 1..delimiter.len() {
            while length > 0 && delimiter.get(at) != delimiter.get(length) {
                length = border(&borders, length);
            }
            if delimiter.get(at) == delimiter.get(length) {
                length += 1;
            }
            if let Some(own) = borders.get_mut(at) {
                *own = length;
            }
        }
        FileReader { delimiter, borders, matched: 0, state: State::More }
    }

    /// Takes the next bytes, and hands on those that are of the file, in order.
    pub fn push(&mut self, chunk: &[u8], mut file: impl FnMut(&[u8])) -> State {
        let mut rest = chunk;
        while self.state == State::More && !rest.is_empty() {
            if self.matched == 0 {
                // Nearly all bytes are passed on here, without a look at each.
                let plain = rest.iter().position(|byte| *byte == b'\r').unwrap_or(rest.len());
                let (before, after) = rest.split_at(plain);
                if !before.is_empty() {
                    file(before);
                }
                rest = after;
            }
            let Some((byte, after)) = rest.split_first() else { break };
            if self.delimiter.get(self.matched) == Some(byte) {
                self.matched += 1;
                rest = after;
                if self.matched == self.delimiter.len() {
                    self.state = State::Ended;
                }
            } else if self.matched > 0 {
                // What cannot be the start of the delimiter any more is of the file.
                let shorter = border(&self.borders, self.matched);
                file(self.delimiter.get(..self.matched - shorter).unwrap_or_default());
                self.matched = shorter;
            } else {
                file(std::slice::from_ref(byte));
                rest = after;
            }
        }
        self.state
    }
}

/// The border of the first `length` bytes of the delimiter.
fn border(borders: &[usize], length: usize) -> usize {
    length.checked_sub(1).and_then(|at| borders.get(at)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
