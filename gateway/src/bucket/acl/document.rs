//! The document of GetBucketAcl and GetObjectAcl.

use super::{Acl, Grantee};
use crate::identity::account::Account;
use crate::xml::XmlWriter;

/// An account as documents print it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintedAccount {
    /// The canonical id.
    pub id: String,
    /// The display name; left out when it is empty.
    pub display_name: String,
}

const CANONICAL_USER: &str =
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"";
const GROUP: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"";

/// The document of an ACL. `name` tells how accounts are printed. Grants to groups come before
/// grants to accounts; S3 promises no order.
pub fn document(owner: Account, acl: &Acl, name: impl Fn(Account) -> PrintedAccount) -> String {
    let mut xml = XmlWriter::document("AccessControlPolicy");
    xml.open("Owner");
    push_account(&mut xml, &name(owner));
    xml.close("Owner");
    xml.open("AccessControlList");
    let mut grants = acl.grants.clone();
    grants.sort_by_key(|grant| !matches!(grant.grantee, Grantee::Group(_)));
    for grant in grants {
        xml.open("Grant");
        match grant.grantee {
            Grantee::Group(group) => {
                xml.open_with("Grantee", GROUP);
                xml.text("URI", group.uri());
            }
            Grantee::Account(account) => {
                xml.open_with("Grantee", CANONICAL_USER);
                push_account(&mut xml, &name(account));
            }
        }
        xml.close("Grantee");
        xml.text("Permission", grant.permission.name());
        xml.close("Grant");
    }
    xml.close("AccessControlList");
    xml.finish()
}

fn push_account(xml: &mut XmlWriter, account: &PrintedAccount) {
    xml.text("ID", &account.id);
    if !account.display_name.is_empty() {
        xml.text("DisplayName", &account.display_name);
    }
}
