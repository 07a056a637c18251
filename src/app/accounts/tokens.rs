//! Tokens: what scripts present instead of signing in. Shown once, taken away by name.

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::SecretString;

use super::secret::{hash_of, new_secret};
use super::sign_in::{SEEN_WITHIN, ago, prove, unchanged};
use super::{AccountError, SignedIn, reach_of_owner};
use crate::app::exchanges::Exchanges;
use crate::store::{Reach, Scope, StoreError, StoredToken, Tx};

/// What a token begins with, so that whoever finds one knows what they found.
const PREFIX: &str = "xchange_";

/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 60;

/// Whoever presented a token.
#[derive(Debug, Clone, Copy)]
pub struct Bearer {
    /// What is theirs. The site's own token reaches what the keeper does.
    pub reach: Reach,
    /// What they may do with it.
    pub scope: Scope,
}

/// Makes a token for an account, or for the site.
pub fn make_token(
    tx: &Tx<'_>,
    reach: Reach,
    (name, scope): (&str, Scope),
    now: Timestamp,
) -> Result<SecretString, AccountError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(AccountError::TokenName);
    }
    let (secret, hash) = new_secret(PREFIX);
    if tx.insert_token(&hash, (name, scope), reach.owner(), now)? { Ok(secret) } else { Err(AccountError::TokenTaken) }
}

/// Makes a token for somebody who is signed in, and types their password again: a token outlasts every session.
pub async fn make_token_with_password(
    site: &Exchanges,
    who: &SignedIn,
    password: SecretString,
    (name, scope): (String, Scope),
    client: IpAddr,
) -> Result<SecretString, AccountError> {
    let account = prove(site, &who.email, password, client).await?;
    let (reach, now) = (who.reach, site.clock.now());
    site.store
        .run(move |tx| {
            unchanged(tx, &account)?;
            make_token(tx, reach, (&name, scope), now)
        })
        .await
}

/// The tokens of an account, or the site's; the keeper does not see the site's.
pub fn tokens(tx: &Tx<'_>, reach: Reach) -> Result<Vec<StoredToken>, StoreError> {
    let all = tx.tokens()?.into_iter();
    Ok(all.filter(|token| token.account == reach.owner()).collect())
}

/// A token, and the address of the account it is of; `None`: the site's own.
pub type TokenOf = (StoredToken, Option<String>);

/// Every token.
pub fn all_tokens(tx: &Tx<'_>) -> Result<Vec<TokenOf>, StoreError> {
    let with_holder = |token: StoredToken| {
        let account = token.account.map(|id| tx.account(id)).transpose()?.flatten();
        Ok((token, account.map(|account| account.email)))
    };
    tx.tokens()?.into_iter().map(with_holder).collect()
}

/// Takes a token away from its holder.
pub fn revoke_token(tx: &Tx<'_>, reach: Reach, name: &str) -> Result<(), AccountError> {
    if tx.remove_token(name.trim(), reach.owner())? { Ok(()) } else { Err(AccountError::NoToken) }
}

/// Who presents a token; `None` when there is none such.
pub async fn bearer(site: &Exchanges, presented: &str) -> Result<Option<Bearer>, StoreError> {
    let (hash, now) = (hash_of(presented), site.clock.now());
    let found = site.store.run_reading(move |tx| {
        let Some(token) = tx.token(&hash)? else { return Ok(None) };
        let reach = reach_of_owner(tx, token.account)?;
        Ok::<_, StoreError>(Some((token, reach)))
    });
    let Some((token, reach)) = found.await? else { return Ok(None) };
    if token.used_at.is_none_or(|used| used < ago(now, SEEN_WITHIN)) {
        site.store.run(move |tx| tx.touch_token(token.id, now)).await?;
    }
    Ok(Some(Bearer { reach, scope: token.scope }))
}
