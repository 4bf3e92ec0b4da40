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

    /// The items of the page, of all that come in the order of their keys, and the key behind which
    /// the next page starts, if there are more.
    pub(crate) fn pick<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        key: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>)> {
        let mut picked = Vec::new();
        let mut last = String::new();
        for item in items {
            let item = item?;
            let key = key(&item);
            if key.as_str() <= self.after {
                continue;
            }
            if picked.len() == self.items_max {
                return Ok((picked, Some(last)));
            }
            picked.push(item);
            last = key;
        }
        Ok((picked, None))
    }

    /// Writes a list: the items of the page, and whether there are more.
    pub(crate) fn write<T>(
        &self,
        xml: &mut XmlWriter,
        list: &str,
        items: impl Iterator<Item = Result<T>>,
        key: impl Fn(&T) -> String,
        write: impl Fn(&mut XmlWriter, &T),
    ) -> Result<()> {
        let (items, marker) = self.pick(items, key)?;
        xml.open(list);
        items.iter().for_each(|item| write(xml, item));
        xml.close(list);
        write_end(xml, marker.as_deref());
        Ok(())
    }
}

/// Writes whether there are more behind a page, and where they start.
pub(crate) fn write_end(xml: &mut XmlWriter, marker: Option<&str>) {
    xml.boolean("IsTruncated", marker.is_some());
    xml.optional("Marker", marker);
}
