//! Reads the fields of a `multipart/form-data` body, up to where the file begins.
//!
//! <https://www.rfc-editor.org/rfc/rfc7578>. The file comes last: fields after it are ignored. What
//! comes before the file is limited, and kept in memory. The file is streamed.

use super::{FIELDS_LENGTH_MAX, Form, too_large};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::url_encoding;
use memchr::memmem;

/// The limit of the bytes before the file: the fields, and the headers and delimiters around them.
pub const HEAD_LENGTH_MAX: usize = 64 << 10;
/// The limit of a boundary: <https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1>
const BOUNDARY_LENGTH_MAX: usize = 70;

/// Whether a `Content-Type` is that of a form.
pub fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The boundary that a `Content-Type` names. `PreconditionFailed` for another type,
/// `MalformedPOSTRequest` without a boundary.
pub fn boundary(content_type: &str) -> Result<String> {
    let (_, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !is_form(content_type) {
        return Err(S3Error::new(ErrorCode::PreconditionFailed)
            .detail("Condition", "Bucket POST must be of the enclosure-type multipart/form-data"));
    }
    let boundary = parameter(parameters, "boundary").ok_or(ErrorCode::MalformedPOSTRequest)?;
    let is_plain = boundary.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if boundary.is_empty() || boundary.len() > BOUNDARY_LENGTH_MAX || !is_plain {
        return Err(ErrorCode::MalformedPOSTRequest.into());
    }
    Ok(boundary)
}

/// Reads what comes before the file, chunk by chunk.
///
/// ```
/// use gateway::operations::form::multipart::Reader;
/// let mut reader = Reader::new("b");
/// let body = b"--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na.txt\r\n\
///              --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\
///              hello\r\n--b--\r\n";
/// let start = reader.push(body).unwrap().unwrap();
/// assert!(body[start..].starts_with(b"hello"));
/// assert_eq!(reader.form().unwrap().key().unwrap(), "a.txt");
/// ```
#[derive(Debug)]
pub struct Reader {
    /// `\r\n--boundary`; the first one of a body has no line before it, so the buffer starts with
    /// one.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    /// Where in the buffer the next thing to read starts.
    position: usize,
    /// Up to here the buffer was searched, and nothing was found.
    searched: usize,
    expects: Expects,
    /// The part that is being read.
    name: String,
    fields: Vec<(String, String)>,
    fields_length: usize,
    file_name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expects {
    /// The first delimiter; what comes before it is ignored.
    Preamble,
    /// What follows a delimiter: the end of its line, or the end of the form.
    AfterDelimiter,
    /// The headers of a part.
    Headers,
    /// The value of a field, and the delimiter after it.
    Value,
    /// Nothing: the file begins.
    File,
}

impl Reader {
    /// A reader for bodies with this boundary.
    pub fn new(boundary: &str) -> Reader {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Reader {
            delimiter,
            buffer: b"\r\n".to_vec(),
            position: 0,
            searched: 0,
            expects: Expects::Preamble,
            name: String::new(),
            fields: Vec::new(),
            fields_length: 0,
            file_name: String::new(),
        }
    }

    /// Takes the next bytes of the body. `Some` is where in them the file begins; nothing may be
    /// pushed after that.
    ///
    /// `MaxPostPreDataLengthExceededError` beyond the limits, `MalformedPOSTRequest` for another
    /// format, `InvalidArgument` when the form ends without a file.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Option<usize>> {
        let before = self.buffer.len();
        let room = HEAD_LENGTH_MAX.saturating_sub(before);
        self.buffer.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        while self.step()? {
            if self.expects == Expects::File {
                // The end of the file's headers is in this chunk: in an earlier one it would have
                // been found.
                return Ok(Some(self.position.saturating_sub(before)));
            }
        }
        if chunk.len() > room {
            return Err(too_large());
        }
        Ok(None)
    }

    /// The error for a body that ended before a file began.
    pub fn end(&self) -> S3Error {
        ErrorCode::MalformedPOSTRequest.into()
    }

    /// The fields, once the file has begun. `MaxPostPreDataLengthExceededError` as
    /// [`Form::expand`].
    pub fn form(self) -> Result<Form> {
        Form::expand(self.fields, &self.file_name)
    }

    /// Reads one thing; `false` when more bytes are needed.
    fn step(&mut self) -> Result<bool> {
        match self.expects {
            Expects::File => Ok(false),
            Expects::Preamble => {
                let delimiter = std::mem::take(&mut self.delimiter);
                let found = self.find(&delimiter);
                self.delimiter = delimiter;
                let Some(at) = found else { return Ok(false) };
                self.go_on(at + self.delimiter.len(), Expects::AfterDelimiter);
                Ok(true)
            }
            Expects::AfterDelimiter => self.step_after_delimiter(),
            Expects::Headers => self.step_headers(),
            Expects::Value => self.step_value(),
        }
    }

    fn step_after_delimiter(&mut self) -> Result<bool> {
        let rest = self.buffer.get(self.position..).unwrap_or_default();
        if rest.starts_with(b"--") {
            let message = "POST requires exactly one file upload per request.";
            return Err(S3Error::invalid_argument("file", "0", message));
        }
        // White space may stand between a boundary and the end of its line.
        let blanks = self.searched.saturating_sub(self.position);
        let fresh = rest.get(blanks..).unwrap_or_default();
        let blanks = blanks + fresh.iter().take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
        // Remembered, so that they are not read again when more bytes arrive.
        self.searched = self.position + blanks;
        match rest.get(blanks..).unwrap_or_default() {
            [b'\r', b'\n', ..] => {
                // The end of the line stays in the buffer: a part without headers ends with it and
                // the next one.
                self.go_on(self.position + blanks, Expects::Headers);
                Ok(true)
            }
            [] | [b'\r'] | [b'-'] => Ok(false),
            _ => Err(ErrorCode::MalformedPOSTRequest.into()),
        }
    }

    fn step_headers(&mut self) -> Result<bool> {
        let Some(end) = self.find(b"\r\n\r\n") else { return Ok(false) };
        let head = self.buffer.get(self.position..end).unwrap_or_default();
        let head = str::from_utf8(head).map_err(|_| ErrorCode::MalformedPOSTRequest)?;
        let disposition = Disposition::of(head).ok_or(ErrorCode::MalformedPOSTRequest)?;
        let is_file = disposition.name.eq_ignore_ascii_case("file");
        if is_file {
            self.file_name = disposition.file_name.unwrap_or_default();
        }
        self.name = disposition.name;
        // The value of a field may be empty. Then the end of the headers is also the line's end
        // before the delimiter, and must stay.
        let (start, next) = if is_file { (end + 4, Expects::File) } else { (end + 2, Expects::Value) };
        self.go_on(start, next);
        Ok(true)
    }

    fn step_value(&mut self) -> Result<bool> {
        let delimiter = std::mem::take(&mut self.delimiter);
        let found = self.find(&delimiter);
        self.delimiter = delimiter;
        let Some(end) = found else { return Ok(false) };
        // An empty value: the delimiter follows the headers at once.
        let value = self.buffer.get(self.position + 2..end).unwrap_or_default();
        let value = str::from_utf8(value).map_err(|_| ErrorCode::MalformedPOSTRequest)?;
        self.fields_length += self.name.len() + value.len();
        if self.fields_length > FIELDS_LENGTH_MAX {
            return Err(too_large());
        }
        self.fields.push((std::mem::take(&mut self.name), value.to_owned()));
        self.go_on(end + self.delimiter.len(), Expects::AfterDelimiter);
        Ok(true)
    }

    fn go_on(&mut self, position: usize, expects: Expects) {
        (self.position, self.searched, self.expects) = (position, position, expects);
    }

    /// Where `needle` starts. What was searched before is not searched again, so that a body that
    /// arrives byte by byte costs no more than one that arrives at once.
    fn find(&mut self, needle: &[u8]) -> Option<usize> {
        let haystack = self.buffer.get(self.searched..)?;
        let found = memmem::find(haystack, needle);
        match found {
            Some(at) => Some(self.searched + at),
            None => {
                self.searched = self.searched.max((self.buffer.len() + 1).saturating_sub(needle.len()));
                None
            }
        }
    }
}

/// `Content-Disposition: form-data; name="key"; filename="cat.jpg"`
struct Disposition {
    name: String,
    file_name: Option<String>,
}

impl Disposition {
    fn of(head: &str) -> Option<Disposition> {
        let value = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        let (kind, parameters) = value.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return None;
        }
        let extended = parameter(parameters, "filename*").and_then(|value| {
            let encoded = value.get(..7).filter(|start| start.eq_ignore_ascii_case("utf-8''"));
            let text = value.get(encoded?.len()..)?;
            Some(url_encoding::decode_path(text).ok()?.into_owned())
        });
        Some(Disposition {
            name: parameter(parameters, "name")?,
            file_name: extended.or_else(|| parameter(parameters, "filename")),
        })
    }
}

/// The value of a parameter among `a=b; c="d"`. A backslash escapes a quote. Elsewhere it stands
/// for itself, as in the paths that some browsers send.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (own, after) = rest.split_once('=')?;
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (value, after) = after.split_at(end);
                (value.trim().to_owned(), after)
            }
        };
        if own.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// Reads up to the closing quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\'])?;
        value.push_str(rest.get(..at)?);
        rest = rest.get(at..)?;
        if let Some(after) = rest.strip_prefix("\\\"") {
            value.push('"');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            value.push('\\');
            rest = after;
        } else {
            return Some((value, rest.get(1..)?));
        }
    }
}

#[cfg(test)]
mod tests;
