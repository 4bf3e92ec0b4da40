//! The settings of an account: GetPublicAccessBlock, PutPublicAccessBlock and
//! DeletePublicAccessBlock of s3control.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html>. They
//! hold in every bucket of the account, together with the bucket's own settings.

use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::operations::ACCOUNT_ID_HEADER;
use sdk::Response;

use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::AccountRow;
use crate::request::Request;
use crate::subresource::document;
use crate::{rows, tables};

/// What an account blocks in all of its buckets. A row that cannot be read is an error: it may
/// block anything.
pub(crate) fn public_access(account: Account) -> Result<PublicAccessBlock> {
    let row = rows::account(account)?;
    Ok(row.and_then(|row| row.record.public_access).unwrap_or_default())
}

/// GetPublicAccessBlock. `NoSuchPublicAccessBlockConfiguration` when there is none.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let row = rows::account(addressed(request)?)?;
    match row.and_then(|row| row.record.public_access) {
        Some(block) => Ok(Response::new(200).xml(block.account_document())),
        None => Err(ErrorCode::NoSuchPublicAccessBlockConfiguration.into()),
    }
}

/// PutPublicAccessBlock. What was there in buckets counts again when a switch is turned off.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let account = addressed(request)?;
    let block = PublicAccessBlock::parse_document(&document::receive(request).await?)?;
    change(request, account, Some(block)).await?;
    Ok(Response::new(200))
}

/// DeletePublicAccessBlock. It succeeds where there is none, too.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    change(request, addressed(request)?, None).await?;
    Ok(Response::new(204))
}

/// The account in the address of the request, which is that of the principal. `policy` has decided
/// on that already.
fn addressed(request: &Request) -> Result<Account> {
    let named = request.headers.get(ACCOUNT_ID_HEADER).and_then(Account::parse);
    let own = request.account();
    own.filter(|_| own == named).ok_or_else(|| S3Error::from(ErrorCode::AccessDenied))
}

async fn change(request: &Request, account: Account, block: Option<PublicAccessBlock>) -> Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let row = rows::account(account)?;
        let key = tables::account_key(account);
        let mut plan = Plan::new();
        plan.require_as_read(tables::ACCOUNTS, &key, row.as_ref());
        match (&row, block) {
            (None, None) => return Ok(()),
            (Some(_), None) => plan.delete(tables::ACCOUNTS, key),
            (_, Some(_)) => plan.put(tables::ACCOUNTS, key, &AccountRow { public_access: block })?,
        }
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(aborted())
}
