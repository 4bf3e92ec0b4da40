//! Pages of lists: `MaxItems`, `Marker`, `IsTruncated`.

use gateway::errors::Result;
use gateway::xml::XmlWriter;

use crate::form::{Form, invalid};

/// Items of a page when the client does not say.
const ITEMS_DEFAULT: u32 = 100;
/// Items of a page at most.
const ITEMS_MAX: u32 = 1000;

/// A page under construction.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Items come after the one with this key.
    pub(crate) after: &'a str,
    items_max: usize,
}

impl<'a> Page<'a> {
    /// What the client asks for.
    pub(crate) fn of(form: &'a Form) -> Result<Page<'a>> {
        let items_max = form.number("MaxItems", 1, ITEMS_MAX)?.unwrap_or(ITEMS_DEFAULT);
        let after = form.get("Marker").unwrap_or_default();
        match after.bytes().all(|byte| byte.is_ascii_graphic()) && after.len() <= 640 {
            true => Ok(Page { after, items_max: items_max as usize }),
            false => Err(invalid(format!("Invalid Marker: {after}"))),
        }
    }

    /// Writes a list of items that come in the order of their keys, from the first behind the marker on, and whether there
    /// are more. `key` says where the next page starts.
    pub(crate) fn write<T>(
        &self,
        xml: &mut XmlWriter,
        list: &str,
        items: impl Iterator<Item = Result<T>>,
        key: impl Fn(&T) -> String,
        write: impl Fn(&mut XmlWriter, &T),
    ) -> Result<()> {
        let mut last: Option<String> = None;
        let mut more = false;
        let mut count = 0;
        xml.open(list);
        for item in items {
            let item = item?;
            let key = key(&item);
            if key.as_str() <= self.after {
                continue;
            }
            if count == self.items_max {
                more = true;
                break;
            }
            write(xml, &item);
            count += 1;
            last = Some(key);
        }
        xml.close(list);
        xml.boolean("IsTruncated", more);
        if more {
            xml.text("Marker", last.as_deref().unwrap_or_default());
        }
        Ok(())
    }
}
