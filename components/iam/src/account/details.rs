//! Everything of an account at once:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use gateway::errors::Result;
use gateway::request::url_encoding;
use gateway::xml::XmlWriter;

use crate::entities::roles;
use crate::form::invalid;
use crate::pages::{Page, write_end};
use crate::policies::{managed, predefined, versions};
use crate::records::{Entity, Kind, ManagedPolicy};
use crate::reply::Reply;
use crate::request::Request;
use crate::{entities, rows};

/// The lists of the reply, in the order in which pages go through them.
const LISTS: [(&str, Kind, &str); 3] = [
    ("UserDetailList", Kind::User, "User"),
    ("GroupDetailList", Kind::Group, "Group"),
    ("RoleDetailList", Kind::Role, "Role"),
];
/// The list of managed policies.
const POLICIES: &str = "Policies";
/// What a filter may name.
const FILTERS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/// One thing of the account.
enum Item {
    Entity(Box<Entity>),
    Managed(Box<ManagedPolicy>),
    Predefined(&'static predefined::Predefined),
}

/// GetAccountAuthorizationDetails
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let filter = request.form.members("Filter", "");
    if let Some(other) = filter.iter().find(|name| !FILTERS.contains(name)) {
        return Err(invalid(format!(
            "1 validation error detected: Value '[{other}]' at 'filter' failed to satisfy constraint: Member must satisfy \
             enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]"
        )));
    }
    let is_wanted = |name: &str| filter.is_empty() || filter.contains(&name);
    let page = Page::of(&request.form)?;
    let (picked, marker) = page.pick(items(request, is_wanted), |(key, _)| key.clone())?;
    let mut xml = request.result();
    for (list, kind, _) in LISTS {
        xml.open(list);
        for (_, item) in &picked {
            if let Item::Entity(entity) = item
                && entity.kind == kind
            {
                xml.open("member");
                write_entity(&mut xml, request.account(), entity)?;
                xml.close("member");
            }
        }
        xml.close(list);
    }
    xml.open(POLICIES);
    for (_, item) in picked {
        write_policy(&mut xml, request.account(), item)?;
    }
    xml.close(POLICIES);
    write_end(&mut xml, marker.as_deref());
    Ok(Reply::of(xml))
}

/// Everything that the filter wants, with rising keys, so that a page can go on behind a key.
fn items(
    request: &Request,
    is_wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Result<(String, Item)>> {
    let account = request.account();
    let of = |kind, word, number: usize| {
        let rows = is_wanted(word).then(|| rows::entities(account, kind, ""));
        rows.into_iter().flatten().map(move |row| {
            let entity = row?.record;
            Ok((format!("{number}{}", entity.name.to_ascii_lowercase()), Item::Entity(Box::new(entity))))
        })
    };
    let [users, groups, roles] = [0, 1, 2].map(|at: usize| match LISTS.get(at) {
        Some((_, kind, word)) => of(*kind, word, at).collect(),
        None => Vec::new(),
    });
    let own = is_wanted("LocalManagedPolicy").then(|| rows::policies(account, ""));
    let own = own.into_iter().flatten().map(|row| {
        let policy = row?.record;
        Ok((format!("3{}", policy.name.to_ascii_lowercase()), Item::Managed(Box::new(policy))))
    });
    let given = if is_wanted("AWSManagedPolicy") { predefined::ALL } else { &[] };
    let given = given.iter().map(|policy| Ok((format!("4{}", policy.name), Item::Predefined(policy))));
    users.into_iter().chain(groups).chain(roles).chain(own).chain(given)
}

fn write_entity(xml: &mut XmlWriter, account: &str, entity: &Entity) -> Result<()> {
    let word = entity.kind.word();
    match entity.kind {
        Kind::Role => {
            roles::write_one(xml, account, entity);
            xml.text("InstanceProfileList", "");
            xml.text("RoleLastUsed", "");
        }
        Kind::User | Kind::Group => {
            entities::write_head(xml, account, entity);
            entities::write_boundary(xml, entity);
            entities::write_tags(xml, &entity.tags);
        }
    }
    let list = format!("{word}PolicyList");
    xml.open(&list);
    for name in &entity.inline {
        if let Some(row) = rows::inline(&entity.id, name)? {
            xml.open("member");
            xml.text("PolicyName", name);
            xml.text("PolicyDocument", &url_encoding::encoded(&row.record.text));
            xml.close("member");
        }
    }
    xml.close(&list);
    if entity.kind == Kind::User {
        xml.open("GroupList");
        for id in &entity.groups {
            if let Some((_, group)) = rows::by_id(id)? {
                xml.text("member", &group.record.name);
            }
        }
        xml.close("GroupList");
    }
    xml.open("AttachedManagedPolicies");
    for arn in &entity.attached {
        xml.open("member");
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default());
        xml.text("PolicyArn", arn);
        xml.close("member");
    }
    xml.close("AttachedManagedPolicies");
    Ok(())
}

fn write_policy(xml: &mut XmlWriter, account: &str, item: Item) -> Result<()> {
    match item {
        Item::Entity(_) => {}
        Item::Managed(policy) => {
            xml.open("member");
            managed::write_one(xml, account, &policy);
            xml.optional("Description", policy.description.as_deref());
            xml.open("PolicyVersionList");
            for (number, created_ms) in policy.versions.iter().rev() {
                if let Some(row) = rows::version(&policy.id, *number)? {
                    xml.open("member");
                    xml.text("Document", &url_encoding::encoded(&row.record.text));
                    versions::write_one(xml, &policy, *number, *created_ms);
                    xml.close("member");
                }
            }
            xml.close("PolicyVersionList");
            xml.close("member");
        }
        Item::Predefined(policy) => {
            xml.open("member");
            predefined::write(xml, policy);
            xml.open("PolicyVersionList");
            xml.open("member");
            predefined::write_version(xml, policy);
            xml.close("member");
            xml.close("PolicyVersionList");
            xml.close("member");
        }
    }
    Ok(())
}
