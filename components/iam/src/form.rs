//! The parameters of a call: names, paths, documents, numbered lists, and what is wrong with them
//! in IAM's words.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::request::query::Query;

use crate::records::Tags;

/// Parameters of a call. A simulation, with its lists, needs the most. There is a limit because
/// forms arrive before their principal is known.
const PARAMETERS_MAX: usize = 4096;
/// Members of a list that are read at most.
const MEMBERS_MAX: usize = 200;
/// Tags that one thing can have.
pub(crate) const TAGS_MAX: usize = 50;

/// The parameters of a call, from its form or else from the query of its URL.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Query);

impl Form {
    /// Reads a form. `ValidationError` for more than [`PARAMETERS_MAX`] parameters, of which none
    /// is looked at then.
    pub(crate) fn parse(form: &str, url_query: &str) -> Result<Form> {
        let parse = |text: &str| {
            if text.split('&').filter(|parameter| !parameter.is_empty()).nth(PARAMETERS_MAX).is_some() {
                return Err(invalid(format!("A call has no more than {PARAMETERS_MAX} parameters.")));
            }
            Query::parse(text).map_err(|_| S3Error::from(ErrorCode::ValidationError))
        };
        let form = parse(form)?;
        Ok(Form(if form.has("Action") { form } else { parse(url_query)? }))
    }

    /// A parameter that may be left out; an empty one counts as left out.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get_non_empty(name)
    }

    /// A parameter, also when it is empty.
    pub(crate) fn get_any(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// A parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| null(&field(name)))
    }

    /// A name: letters, digits and `_+=,.@-`.
    pub(crate) fn name(&self, parameter: &str, length_max: usize) -> Result<&str> {
        checked_name(parameter, self.required(parameter)?, length_max)
    }

    /// A name that may be left out.
    pub(crate) fn optional_name(&self, parameter: &str, length_max: usize) -> Result<Option<&str>> {
        self.get(parameter).map(|name| checked_name(parameter, name, length_max)).transpose()
    }

    /// A path, `/` where there is none.
    pub(crate) fn path(&self, parameter: &str) -> Result<&str> {
        let path = self.get(parameter).unwrap_or("/");
        let is_path = path.starts_with('/')
            && path.ends_with('/')
            && path.len() <= 512
            && path.bytes().all(|byte| byte.is_ascii_graphic());
        if is_path {
            return Ok(path);
        }
        Err(invalid(format!(
            "The specified value for {} is invalid. It must begin and end with / and contain only alphanumeric \
             characters and/or / characters.",
            field(parameter)
        )))
    }

    /// What paths must start with, `/` where nothing is said.
    pub(crate) fn path_prefix(&self) -> Result<&str> {
        let prefix = self.get("PathPrefix").unwrap_or("/");
        match prefix.starts_with('/') && prefix.len() <= 512 {
            true => Ok(prefix),
            false => Err(invalid(
                "The specified value for pathPrefix is invalid. It must begin with / and contain only \
                 alphanumeric characters and/or / characters."
                    .to_owned(),
            )),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let bound = |relation: &str, bound: u32| {
            invalid(format!(
                "1 validation error detected: Value '{text}' at '{}' failed to satisfy constraint: Member must \
                 have value {relation} than or equal to {bound}",
                field(name)
            ))
        };
        match text.parse::<u32>() {
            Ok(number) if number < least => Err(bound("greater", least)),
            Ok(number) if number > most => Err(bound("less", most)),
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(invalid(format!("Value '{text}' at '{}' is no whole number", field(name)))),
        }
    }

    /// A truth value, `false` where there is none.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// `NAME.member.1`, `NAME.member.2`, …; `part` is what follows the number: empty, or `.Key`.
    pub(crate) fn members(&self, name: &str, part: &str) -> Vec<&str> {
        let member = |number: usize| self.get_any(&format!("{name}.member.{number}{part}"));
        (1..=MEMBERS_MAX).map_while(member).collect()
    }

    /// `Tags.member.N.Key` and `.Value`. `ValidationError` for one without the other: policies
    /// would not decide on a tag without a value. `InvalidInput` for a key that is there twice,
    /// `LimitExceeded` for too many.
    pub(crate) fn tags(&self) -> Result<Tags> {
        // Their number is limited first, because each is compared with those before it.
        if self.members("Tags", ".Key").len() > TAGS_MAX {
            return Err(too_many_tags());
        }
        let mut tags: Tags = Vec::new();
        for number in 1..=MEMBERS_MAX {
            let part = |part: &str| self.get_any(&format!("Tags.member.{number}.{part}"));
            let (key, value) = match (part("Key"), part("Value")) {
                (Some(key), Some(value)) => (key, value),
                (None, None) => break,
                (None, Some(_)) => return Err(null(&format!("tags.{number}.member.key"))),
                (Some(_), None) => return Err(null(&format!("tags.{number}.member.value"))),
            };
            check_tag(key, value)?;
            if tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(key)) {
                return Err(S3Error::new(ErrorCode::InvalidInput)
                    .message("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
            }
            tags.push((key.to_owned(), value.to_owned()));
        }
        Ok(tags)
    }
}

/// `LimitExceeded`
pub(crate) fn too_many_tags() -> S3Error {
    S3Error::new(ErrorCode::LimitExceeded)
        .message(format!("The number of tags has reached the maximum limit of {TAGS_MAX}."))
}

/// The error for a parameter that must be there.
fn null(field: &str) -> S3Error {
    invalid(format!(
        "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
    ))
}

fn check_tag(key: &str, value: &str) -> Result<()> {
    let is_text = |text: &str, most: usize| {
        text.chars().count() <= most
            && text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
    };
    if key.is_empty() || !is_text(key, 128) || !is_text(value, 256) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{key}' at 'tags.1.member.key' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]+"
        )));
    }
    Ok(())
}

fn checked_name<'a>(parameter: &str, name: &'a str, length_max: usize) -> Result<&'a str> {
    let fails = |constraint: String| {
        invalid(format!(
            "1 validation error detected: Value '{name}' at '{}' failed to satisfy constraint: Member must \
             {constraint}",
            field(parameter)
        ))
    };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)) {
        return Err(fails("satisfy regular expression pattern: [\\w+=,.@-]+".to_owned()));
    }
    if name.len() > length_max {
        return Err(fails(format!("have length less than or equal to {length_max}")));
    }
    Ok(name)
}

/// A parameter as messages name it: `userName`.
fn field(parameter: &str) -> String {
    let mut letters = parameter.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// `ValidationError`
pub(crate) fn invalid(message: String) -> S3Error {
    S3Error::new(ErrorCode::ValidationError).message(message)
}

#[cfg(test)]
mod tests;
