//! Accounts as listings print them.

use gateway::identity::account::Account;
use gateway::operations::listing::Owner;

use crate::records::BucketRow;

/// Looks accounts up. Most rows of a bucket have the same owner, so the last account is remembered.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    last: Option<Known>,
    /// The owner of everything, where there is one.
    only: Option<Account>,
}

#[derive(Debug)]
struct Known {
    account: Account,
    id: String,
    display_name: String,
}

impl Owners {
    /// For the objects of a bucket: where ACLs are disabled, all of them belong to its owner.
    pub(crate) fn of(bucket: &BucketRow) -> Owners {
        Owners { last: None, only: (!bucket.has_acls()).then_some(bucket.owner) }
    }

    /// An account as listings print it. One that is no longer configured has its number as id.
    pub(crate) fn get(&mut self, account: Account) -> Owner<'_> {
        let account = self.only.unwrap_or(account);
        let known = match self.last.take() {
            Some(known) if known.account == account => known,
            _ => look_up(account),
        };
        let known = self.last.insert(known);
        Owner { id: &known.id, display_name: &known.display_name }
    }
}

fn look_up(account: Account) -> Known {
    let printed = crate::access::print(account);
    Known { account, id: printed.id, display_name: printed.display_name }
}
