//! A transform: of a table, the columns and rows that the tags of a session name. CSV with a header line, or a JSON
//! object a line.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "buffered" });

use std::collections::BTreeMap;

use exports::portcullis::transform::get::{Context, Error, Guest, Reply};
use portcullis::transform::types::Head;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Who sees what, as JSON in the payload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The tag of a session that names its role.
    role_tag: String,
    /// Columns by role; `*` is all of them. Whose role is not listed is refused.
    columns: BTreeMap<String, Vec<String>>,
    /// Which rows; all of them without it.
    rows: Option<Rows>,
}

/// A row is returned where its column has the value of the tag.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    column: String,
    tag: String,
    /// Roles that get all rows.
    #[serde(default)]
    all_for: Vec<String>,
}

/// What one caller gets.
struct View<'a> {
    /// `None` is all of them.
    columns: Option<&'a [String]>,
    /// Column and value.
    rows: Option<(&'a str, &'a str)>,
}

impl<'a> View<'a> {
    fn of(settings: &'a Settings, context: &'a Context) -> Result<View<'a>, Error> {
        let tags = context.caller.as_ref().map(|caller| caller.session_tags.as_slice()).unwrap_or_default();
        let tag = |name: &str| tags.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let denied =
            |tag: &str| error(403, "AccessDenied", format!("The session has no tag {tag} that names a view"));
        let role = tag(&settings.role_tag).ok_or_else(|| denied(&settings.role_tag))?;
        let columns = settings.columns.get(role).ok_or_else(|| denied(&settings.role_tag))?;
        let columns = (!columns.iter().any(|column| column == "*")).then_some(columns.as_slice());
        let rows = match &settings.rows {
            Some(rows) if !rows.all_for.iter().any(|own| own == role) => {
                Some((rows.column.as_str(), tag(&rows.tag).ok_or_else(|| denied(&rows.tag))?))
            }
            _ => None,
        };
        Ok(View { columns, rows })
    }

    fn shows(&self, column: &str) -> bool {
        self.columns.is_none_or(|columns| columns.iter().any(|own| own == column))
    }

    fn csv(&self, body: &[u8]) -> Result<Vec<u8>, Error> {
        let wrong = |why: csv::Error| no_table(why.to_string());
        let mut reader = csv::Reader::from_reader(body);
        let header = reader.byte_headers().map_err(wrong)?.clone();
        let names: Vec<&str> =
            header.iter().map(|name| std::str::from_utf8(name).unwrap_or_default()).collect();
        let shown: Vec<usize> =
            names.iter().enumerate().filter(|(_, name)| self.shows(name)).map(|(at, _)| at).collect();
        let filter = match self.rows {
            None => None,
            Some((column, value)) => {
                let found: Vec<usize> =
                    names.iter().enumerate().filter(|(_, name)| **name == column).map(|(at, _)| at).collect();
                let [at] = found[..] else {
                    return Err(no_table(format!("it has {} columns {column}", found.len())));
                };
                Some((at, value.as_bytes()))
            }
        };
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(body.len() / 2));
        let mut write =
            |record: &csv::ByteRecord| writer.write_record(shown.iter().filter_map(|at| record.get(*at)));
        if !shown.is_empty() {
            write(&header).map_err(wrong)?;
            // A line with more or fewer fields than the header is an error: columns would be others than they seem.
            for record in reader.byte_records() {
                let record = record.map_err(wrong)?;
                if filter.is_none_or(|(at, value)| record.get(at) == Some(value)) {
                    write(&record).map_err(wrong)?;
                }
            }
        }
        writer.into_inner().map_err(|why| no_table(why.to_string()))
    }

    fn json_lines(&self, body: &[u8]) -> Result<Vec<u8>, Error> {
        let mut lines = Vec::with_capacity(body.len() / 2);
        for (at, line) in body.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let wrong = |why: serde_json::Error| no_table(format!("line {}: {why}", at + 1));
            let mut row: Map<String, Value> = serde_json::from_slice(line).map_err(wrong)?;
            let is_wanted = self
                .rows
                .is_none_or(|(column, value)| row.get(column).and_then(Value::as_str) == Some(value));
            if is_wanted {
                row.retain(|column, _| self.shows(column));
                serde_json::to_writer(&mut lines, &row).map_err(wrong)?;
                lines.push(b'\n');
            }
        }
        Ok(lines)
    }
}

struct CsvView;

impl Guest for CsvView {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        let settings: Settings = serde_json::from_str(&context.payload).map_err(|wrong| {
            error(500, "InvalidPayload", format!("The payload of the access point: {wrong}"))
        })?;
        let view = View::of(&settings, &context)?;
        let content_type = context.object.content_type.as_deref().unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim();
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&body);
        let body = match (content_type, context.key.rsplit('.').next()) {
            ("text/csv", _) | (_, Some("csv")) => view.csv(body)?,
            ("application/jsonl" | "application/x-ndjson", _) | (_, Some("jsonl" | "ndjson")) => {
                view.json_lines(body)?
            }
            // What cannot be divided is not returned whole.
            _ => {
                return Err(no_table(
                    "neither its content type nor its name says CSV or JSON lines".to_owned(),
                ));
            }
        };
        Ok(Reply { head: Head { status: 200, headers: Vec::new(), metadata: None }, body: Some(body) })
    }
}

fn no_table(why: String) -> Error {
    error(422, "NotATable", format!("The object is no table: {why}"))
}

/// An error whose message has no control characters, and is not too long.
fn error(status: u16, code: &str, message: String) -> Error {
    let message = message.chars().filter(|letter| !letter.is_control()).take(250).collect();
    Error { status, code: code.to_owned(), message }
}

export!(CsvView);
