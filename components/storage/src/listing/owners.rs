//! Accounts as listings print them.

use gateway::operations::listing::Owner;

use crate::records::Account;

/// Looks accounts up. Nearly every row of a bucket has the same one, so the last is remembered.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    last: Option<Known>,
}

#[derive(Debug)]
struct Known {
    account: Account,
    id: String,
    display_name: String,
}

impl Owners {
    /// How an account is printed: one that is no longer known, by its number.
    pub(crate) fn get(&mut self, account: Account) -> Owner<'_> {
        let known = match self.last.take() {
            Some(known) if known.account == account => known,
            _ => look_up(account),
        };
        let known = self.last.insert(known);
        Owner { id: &known.id, display_name: &known.display_name }
    }
}

fn look_up(account: Account) -> Known {
    let number = account.to_string();
    match sdk::keys::account(&number) {
        Some(identity) => Known { account, id: identity.canonical_id, display_name: identity.display_name },
        None => Known { account, id: number, display_name: String::new() },
    }
}
