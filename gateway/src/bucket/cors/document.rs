//! The document of GetBucketCors and PutBucketCors:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>

use super::request::is_token;
use super::rules::{Configuration, Rule};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::method::Method;
use crate::xml::{Element, XmlWriter};

/// Rules of one bucket.
const RULES_MAX: usize = 100;
/// Characters of a rule's id.
const ID_LENGTH_MAX: usize = 255;

impl Configuration {
    /// Reads the body of PutBucketCors.
    ///
    /// `MalformedXML` against the schema, which takes at least one rule, and in each an origin and
    /// a method. `InvalidRequest` for more than `RULES_MAX` rules, for a method other than `GET`,
    /// `PUT`, `POST`, `DELETE` and `HEAD`, for more than one wildcard in an origin or an allowed
    /// header, for a wildcard in an exposed header, and for a text that is not the name of a
    /// header. `InvalidArgument` for an id of more than `ID_LENGTH_MAX` characters.
    pub fn parse_document(body: &[u8]) -> Result<Configuration> {
        let root = Element::parse_named(body, "CORSConfiguration")?;
        root.only(&["CORSRule"])?;
        // The whole document is read against the schema before the values in it are checked: errors
        // of the schema come first.
        let written = root.children.iter().map(Written::read).collect::<Result<Vec<_>>>()?;
        match written.len() {
            0 => return Err(ErrorCode::MalformedXML.into()),
            1..=RULES_MAX => {}
            _ => {
                return Err(S3Error::invalid_request(format!(
                    "The number of CORS rules should not exceed allowed limit of {RULES_MAX} rules."
                )));
            }
        }
        let rules = written.into_iter().map(Written::check).collect::<Result<Vec<_>>>()?;
        Ok(Configuration { rules })
    }

    /// The document of GetBucketCors.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("CORSConfiguration");
        for rule in &self.rules {
            xml.open("CORSRule");
            rule.allowed_headers.iter().for_each(|name| xml.text("AllowedHeader", name));
            rule.allowed_methods.iter().for_each(|method| xml.text("AllowedMethod", method.as_str()));
            rule.allowed_origins.iter().for_each(|origin| xml.text("AllowedOrigin", origin));
            rule.exposed_headers.iter().for_each(|name| xml.text("ExposeHeader", name));
            xml.optional("ID", rule.id.as_deref());
            xml.optional("MaxAgeSeconds", rule.max_age_seconds.map(|seconds| seconds.to_string()).as_deref());
            xml.close("CORSRule");
        }
        xml.finish()
    }
}

/// A rule as the schema has it: its methods may be any.
struct Written {
    methods: Vec<String>,
    rest: Rule,
}

impl Written {
    fn read(rule: &Element) -> Result<Written> {
        let mut methods = Vec::new();
        let mut rest = Rule::default();
        for element in &rule.children {
            // No value has elements in it.
            if !element.children.is_empty() {
                return Err(ErrorCode::MalformedXML.into());
            }
            let text = element.text.clone();
            match element.name.as_str() {
                "ID" if rest.id.is_none() => rest.id = Some(text),
                "AllowedOrigin" => rest.allowed_origins.push(text),
                "AllowedMethod" => methods.push(text),
                "AllowedHeader" => rest.allowed_headers.push(text),
                "ExposeHeader" => rest.exposed_headers.push(text),
                "MaxAgeSeconds" if rest.max_age_seconds.is_none() => {
                    let seconds = element.word().parse().map_err(|_| ErrorCode::MalformedXML)?;
                    rest.max_age_seconds = Some(seconds);
                }
                _ => return Err(ErrorCode::MalformedXML.into()),
            }
        }
        if rest.allowed_origins.is_empty() || methods.is_empty() {
            return Err(ErrorCode::MalformedXML.into());
        }
        Ok(Written { methods, rest })
    }

    fn check(self) -> Result<Rule> {
        let Written { methods, rest } = self;
        if rest.id.as_ref().is_some_and(|id| id.chars().count() > ID_LENGTH_MAX) {
            let message = format!("ID length should not exceed allowed limit of {ID_LENGTH_MAX}");
            return Err(S3Error::new(ErrorCode::InvalidArgument).message(message));
        }
        rest.allowed_origins.iter().try_for_each(|origin| one_wildcard("AllowedOrigin", origin))?;
        let methods = methods.iter().map(|text| Method::parse(text).ok_or_else(|| unsupported(text)));
        let allowed_methods = methods.collect::<Result<Vec<_>>>()?;
        for name in &rest.allowed_headers {
            one_wildcard("AllowedHeader", name)?;
            header_name(name)?;
        }
        for name in &rest.exposed_headers {
            if name.contains('*') {
                return Err(S3Error::invalid_request(format!(
                    "ExposeHeader \"{name}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
                )));
            }
            header_name(name)?;
        }
        Ok(Rule { allowed_methods, ..rest })
    }
}

fn one_wildcard(element: &str, pattern: &str) -> Result<()> {
    if pattern.matches('*').nth(1).is_none() {
        return Ok(());
    }
    let message = format!("{element} \"{pattern}\" can not have more than one wildcard.");
    Err(S3Error::invalid_request(message))
}

/// S3 says `AllowedHeader` here, also of an exposed header.
fn header_name(name: &str) -> Result<()> {
    match is_token(name) {
        true => Ok(()),
        false => {
            Err(S3Error::invalid_request(format!("AllowedHeader \"{name}\" contains invalid character.")))
        }
    }
}

fn unsupported(method: &str) -> S3Error {
    S3Error::invalid_request(format!(
        "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
    ))
}

#[cfg(test)]
mod tests;
