//! Providers of web identities:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::web_identity::provider;

use crate::entities;
use crate::form::invalid;
use crate::names;
use crate::records::{OidcProvider, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// What one provider, and one account, can have.
const CLIENT_IDS_MAX: usize = 100;
const THUMBPRINTS_MAX: usize = 5;

/// The ARN of a provider: its URL without the scheme is its name.
pub(crate) fn arn(account: &str, provider: &OidcProvider) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{}", provider::name(&provider.url))
}

/// The provider that a parameter names. `NoSuchEntity`
fn named(request: &Request) -> Result<Row<OidcProvider>> {
    let arn = request.form.required("OpenIDConnectProviderArn")?;
    let name = arn
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.strip_prefix(request.account())?.strip_prefix(":oidc-provider/"));
    let row = name.map(|name| rows::oidc(request.account(), name)).transpose()?.flatten();
    row.ok_or_else(|| rows::no_such(format!("OpenIDConnect Provider not found for arn {arn}")))
}

fn check_thumbprints(list: &[&str]) -> Result<Vec<String>> {
    if list.len() > THUMBPRINTS_MAX || list.iter().any(|print| print.len() != 40) {
        return Err(invalid(format!(
            "A provider has up to {THUMBPRINTS_MAX} thumbprints of 40 characters each."
        )));
    }
    Ok(list.iter().map(|print| (*print).to_owned()).collect())
}

fn check_client_ids(list: &[String]) -> Result<()> {
    if list.len() > CLIENT_IDS_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded).message(format!(
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_IDS_MAX}"
        )));
    }
    match list.iter().all(|id| !id.is_empty() && id.len() <= 255) {
        true => Ok(()),
        false => Err(invalid("A client ID has 1 to 255 characters.".to_owned())),
    }
}

/// CreateOpenIDConnectProvider
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let url = request.form.required("Url")?;
    let name = provider::name(url);
    let is_url = (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= 255
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>".contains(&byte));
    if !is_url {
        return Err(invalid("Invalid Open ID Connect Provider URL".to_owned()));
    }
    let record = OidcProvider {
        url: url.to_owned(),
        client_ids: request.form.members("ClientIDList", "").into_iter().map(str::to_owned).collect(),
        thumbprints: check_thumbprints(&request.form.members("ThumbprintList", ""))?,
        created_ms: request.now_ms,
        tags: request.form.tags()?,
    };
    check_client_ids(&record.client_ids)?;
    if rows::oidc(request.account(), name)?.is_some() {
        return Err(S3Error::new(ErrorCode::EntityAlreadyExists)
            .message(format!("Provider with url {url} already exists.")));
    }
    let mut xml = request.result();
    xml.text("OpenIDConnectProviderArn", &arn(request.account(), &record));
    entities::write_tags(&mut xml, &record.tags);
    let row = Row { key: tables::oidc_key(request.account(), name), record, revision: 0 };
    let mut changes = Changes::default();
    changes.replace(tables::OIDC, &row)?;
    Ok(Reply::with(xml, changes))
}

/// GetOpenIDConnectProvider
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let provider = named(request)?.record;
    let mut xml = request.result();
    xml.text("Url", &provider.url);
    for (list, items) in [("ClientIDList", &provider.client_ids), ("ThumbprintList", &provider.thumbprints)] {
        xml.open(list);
        for item in items {
            xml.text("member", item);
        }
        xml.close(list);
    }
    xml.text("CreateDate", &names::date(provider.created_ms));
    entities::write_tags(&mut xml, &provider.tags);
    Ok(Reply::of(xml))
}

/// ListOpenIDConnectProviders
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.open("OpenIDConnectProviderList");
    for row in rows::oidc_providers(request.account()) {
        xml.open("member");
        xml.text("Arn", &arn(request.account(), &row?.record));
        xml.close("member");
    }
    xml.close("OpenIDConnectProviderList");
    Ok(Reply::of(xml))
}

/// DeleteOpenIDConnectProvider
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let row = named(request)?;
    let mut changes = Changes::default();
    changes.require(tables::OIDC, &row);
    changes.delete(tables::OIDC, row.key);
    Ok(Reply::done(changes))
}

/// AddClientIDToOpenIDConnectProvider. Adding one again changes nothing.
pub(crate) fn add_client(request: &Request) -> Result<Reply> {
    let id = request.form.required("ClientID")?;
    let mut row = named(request)?;
    if !row.record.client_ids.iter().any(|own| own == id) {
        row.record.client_ids.push(id.to_owned());
        check_client_ids(&row.record.client_ids)?;
    }
    replace(&row)
}

/// RemoveClientIDFromOpenIDConnectProvider. One that is not there is no error.
pub(crate) fn remove_client(request: &Request) -> Result<Reply> {
    let id = request.form.required("ClientID")?;
    let mut row = named(request)?;
    row.record.client_ids.retain(|own| own != id);
    replace(&row)
}

/// UpdateOpenIDConnectProviderThumbprint
pub(crate) fn update_thumbprints(request: &Request) -> Result<Reply> {
    let mut row = named(request)?;
    row.record.thumbprints = check_thumbprints(&request.form.members("ThumbprintList", ""))?;
    replace(&row)
}

fn replace(row: &Row<OidcProvider>) -> Result<Reply> {
    let mut changes = Changes::default();
    changes.replace(tables::OIDC, row)?;
    Ok(Reply::done(changes))
}
