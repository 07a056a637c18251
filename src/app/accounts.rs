//! Who may sign in, and what is theirs: accounts, their passwords, sessions and tokens, and the proof of ownership.
//!
//! Nobody registers: the command line adds an account and prints a link, by which a password is set, once, within a day.
//! The first account is the site's keeper and reaches what is the site's; the others reach their own.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::model::{AccountId, Email};
use crate::store::{Reach, StoreError, Tx};

pub mod openid;
mod owned;
mod password;
mod secret;
mod sign_in;
mod tokens;

#[cfg(test)]
mod tests;

pub use owned::{Ownable, Owned, authorize};
pub use password::{PasswordFault, SHORTEST};
pub use sign_in::{
    Session, SignedIn, change_email, change_password, confirm, link_holder, sessions, set_password, sign_in, sign_out,
    sign_out_everywhere, who_is,
};
pub use tokens::{Bearer, TokenOf, all_tokens, bearer, make_token, make_token_with_password, revoke_token, tokens};

/// How long a link works.
const LINK_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Why an account, or a way into it, is not had or not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// One of the two is wrong; which one is not said.
    #[error("that address and that password do not belong together")]
    Wrong,
    /// Tried too often, by this client or for this address.
    #[error("that was tried too often; please try again later")]
    TooMany {
        /// When it may be tried again.
        until: Timestamp,
    },
    /// Used, replaced by a newer one, too old, or never made.
    #[error("this link has been used, or is older than a day")]
    Link,
    /// A new password that is no good one.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// What was given for an address.
    #[error("this is not an e-mail address")]
    NotAnEmail,
    /// Another account has the address.
    #[error("there is an account of that address already")]
    Taken,
    /// No account has the address.
    #[error("there is no account of that address")]
    Unknown,
    /// A token's name is empty, too long or cannot be printed.
    #[error("a token's name is one line of at most 60 characters")]
    TokenName,
    /// A token's name is taken.
    #[error("there is a token of that name already")]
    TokenTaken,
    /// No token has the name.
    #[error("there is no token of that name")]
    NoToken,
    /// The machine could not hash a password.
    #[error("the password could not be kept")]
    Hash,
    /// The database.
    #[error("the accounts cannot be read or changed")]
    Store(#[from] StoreError),
}

/// An account as listed.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its address.
    pub email: String,
    /// Whether it keeps what is the site's.
    pub keeper: bool,
    /// Whether it has a password; without one it waits for its link to be used.
    pub has_password: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// How many topics it owns.
    pub topics: u64,
    /// How many contacts it owns.
    pub contacts: u64,
}

/// An address as accounts have it: in lower case, since nobody remembers how they wrote it.
fn address(text: &str) -> Result<String, AccountError> {
    let email = Email::parse(text).map_err(|_fault| AccountError::NotAnEmail)?;
    Ok(email.expose().to_lowercase())
}

/// Adds an account; gives its address and the path of the link that sets its password.
pub fn add(tx: &Tx<'_>, email: &str, now: Timestamp) -> Result<(String, SecretString), AccountError> {
    let email = address(email)?;
    let id = tx.insert_account(&email, now)?.ok_or(AccountError::Taken)?;
    Ok((email, new_link(tx, id, now)?))
}

/// Gives an account a new link, by which its password is set anew; the old password works until then.
pub fn link(tx: &Tx<'_>, email: &str, now: Timestamp) -> Result<(String, SecretString), AccountError> {
    let account = named(tx, email)?;
    let (id, email) = (account.id, account.email);
    Ok((email, new_link(tx, id, now)?))
}

fn new_link(tx: &Tx<'_>, id: AccountId, now: Timestamp) -> Result<SecretString, AccountError> {
    let (link, hash) = secret::new_secret("");
    tx.put_password_link(id, &hash, now.saturating_add(LINK_LASTS).unwrap_or(Timestamp::MAX))?;
    Ok(link)
}

/// All accounts, the keeper first.
pub fn list(tx: &Tx<'_>) -> Result<Vec<Listed>, StoreError> {
    let listed = tx.accounts()?.into_iter().enumerate().map(|(place, account)| {
        let (topics, contacts) = tx.count_owned(account.id)?;
        Ok(Listed {
            email: account.email,
            keeper: place == 0,
            has_password: account.password.is_some(),
            added_at: account.added_at,
            topics,
            contacts,
        })
    });
    listed.collect()
}

/// Removes an account. What it owned becomes the keeper's, and what the keeper owned the site's, which is the next
/// keeper's to look after.
pub fn remove(tx: &Tx<'_>, email: &str) -> Result<(), AccountError> {
    let id = named(tx, email)?.id;
    let keeper = tx.keeper()?;
    Ok(tx.remove_account(id, keeper.filter(|keeper| *keeper != id))?)
}

/// What somebody named at the command line reaches; without a name, what is the site's.
pub fn reach_of(tx: &Tx<'_>, email: Option<&str>) -> Result<Reach, AccountError> {
    let Some(email) = email else { return Ok(Reach::SITE) };
    Ok(reach_of_owner(tx, Some(named(tx, email)?.id))?)
}

/// What the owner of a thing reaches. What is nobody's is the site's, which is in one hand with its keeper's: whichever of
/// the two made an event, the contacts of both may be invited.
pub fn reach_of_owner(tx: &Tx<'_>, owner: Option<AccountId>) -> Result<Reach, StoreError> {
    let keeper = tx.keeper()?;
    Ok(owner.or(keeper).map_or(Reach::SITE, |id| Reach::of(id, keeper == Some(id))))
}

/// Whose things the command line is about: somebody's where they are named, or else everybody's, the site's first. With
/// the address of each hand; `None` is the site's.
pub fn hands(tx: &Tx<'_>, email: Option<&str>) -> Result<Vec<(Option<String>, Reach)>, AccountError> {
    let (mut hands, accounts) = match email {
        Some(email) => (vec![], vec![named(tx, email)?]),
        None => (vec![(None, Reach::SITE)], tx.accounts()?),
    };
    hands.extend(accounts.into_iter().map(|account| (Some(account.email), Reach::of(account.id, false))));
    Ok(hands)
}

fn named(tx: &Tx<'_>, email: &str) -> Result<crate::store::StoredAccount, AccountError> {
    tx.account_named(&address(email)?)?.ok_or(AccountError::Unknown)
}
