//! The export `code-references`: the blobs that rows refer to, and what rows are.

use gateway::errors::Result;
use sdk::bindings::functions::exports::portcullis::gateway::code_references::Guest;

use crate::records::{self, Function, Version};
use crate::{Functions, tables};

impl Guest for Functions {
    fn blobs_of(table: String, value: Vec<u8>) -> std::result::Result<Vec<u64>, String> {
        blobs_of(&table, &value).map_err(|error| error.message.unwrap_or_default())
    }

    fn describe(table: String, key: Vec<u8>) -> Vec<(String, String)> {
        match table.as_str() {
            tables::FUNCTIONS => named(&key),
            tables::VERSIONS => {
                let front = key.split_last_chunk::<9>().map_or(&[][..], |(front, _)| front);
                let number = tables::number_in(&key).unwrap_or_default();
                named(front).into_iter().chain([("version".to_owned(), number.to_string())]).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn blobs_of(table: &str, value: &[u8]) -> Result<Vec<u64>> {
    Ok(match table {
        tables::FUNCTIONS => vec![records::decode::<Function>(value)?.latest.code.blob],
        tables::VERSIONS => vec![records::decode::<Version>(value)?.code.blob],
        _ => Vec::new(),
    })
}

fn named(key: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(key);
    let (account, name) = text.split_at_checked(12).unwrap_or((&text, ""));
    vec![("account".to_owned(), account.to_owned()), ("function".to_owned(), name.to_owned())]
}
