//! Signing in and out, and what is asked for a password again.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::password::{self, Verdict};
use super::secret::{hash_of, new_secret};
use super::{AccountError, address};
use crate::app::exchanges::Exchanges;
use crate::app::limits::{Limit, client_name};
use crate::model::AccountId;
use crate::store::{Hash, Reach, Store, StoreError, StoredAccount, StoredSession, Tx};

/// A session ends when nothing was heard of it for so long,
const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// and in any case so long after it began.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How exactly it is known when somebody was last seen: looking around should not write at every step.
pub(super) const SEEN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Wrong tries of one client. Counted first: who is stopped here does not use up the tries of an address.
pub(super) const BY_CLIENT: Limit = Limit::new("sign-in of a client", 30, 15);

/// Tries of one client for one address.
const BY_BOTH: Limit = Limit::new("sign-in of a client for an address", 10, 15);

/// Tries for one address from anywhere: few enough for any password, and too many for one client to lock its owner out.
const BY_ADDRESS: Limit = Limit::new("sign-in for an address", 100, 60);

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Their account.
    pub account: AccountId,
    /// Its address.
    pub email: String,
    /// What is theirs.
    pub reach: Reach,
    /// Whether they keep what is the site's.
    pub keeper: bool,
    session: Hash,
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whether it is the one that asks.
    pub this: bool,
    /// When it began.
    pub since: Timestamp,
    /// When it was last seen, to within some minutes.
    pub seen_at: Timestamp,
}

/// Signs somebody in and gives the new session's secret; one that the client had before ends, so that nobody goes on in a
/// session that another one gave them.
pub async fn sign_in(
    site: &Exchanges,
    (email, password): (&str, SecretString),
    client: IpAddr,
    before: Option<&str>,
) -> Result<SecretString, AccountError> {
    let account = prove(site, email, password, client).await?;
    let (now, before) = (site.clock.now(), before.map(hash_of));
    site.store
        .run(move |tx| {
            unchanged(tx, &account)?;
            Ok::<_, AccountError>(begin(tx, account.id, before, now)?)
        })
        .await
}

/// Begins a session of somebody who has been proven, in the place of one that they had before.
pub(super) fn begin(
    tx: &Tx<'_>,
    account: AccountId,
    before: Option<Hash>,
    now: Timestamp,
) -> Result<SecretString, StoreError> {
    let (secret, hash) = new_secret("");
    if let Some(before) = before {
        tx.end_session(&before)?;
    }
    tx.drop_old_sessions(ago(now, IDLE), ago(now, LONGEST))?;
    tx.insert_session(&hash, account, now)?;
    Ok(secret)
}

/// Who presents a session's secret; `None` when it has ended.
pub async fn who_is(site: &Exchanges, presented: &str) -> Result<Option<SignedIn>, StoreError> {
    let (hash, now) = (hash_of(presented), site.clock.now());
    let found = site.store.run_reading(move |tx| {
        let Some(session) = tx.session(&hash)?.filter(|session| is_live(session, now)) else { return Ok(None) };
        let Some(account) = tx.account(session.account)? else { return Ok(None) };
        let keeper = tx.keeper()? == Some(account.id);
        let reach = Reach::of(account.id, keeper);
        let signed_in = SignedIn { account: account.id, email: account.email, reach, keeper, session: hash };
        Ok::<_, StoreError>(Some((signed_in, session.seen_at)))
    });
    let Some((signed_in, seen_at)) = found.await? else { return Ok(None) };
    if seen_at < ago(now, SEEN_WITHIN) {
        site.store.run(move |tx| tx.touch_session(&hash, now)).await?;
    }
    Ok(Some(signed_in))
}

fn is_live(session: &StoredSession, now: Timestamp) -> bool {
    session.seen_at > ago(now, IDLE) && session.created_at > ago(now, LONGEST)
}

/// Ends this session.
pub async fn sign_out(store: &Store, who: &SignedIn) -> Result<(), StoreError> {
    let session = who.session;
    store.run(move |tx| tx.end_session(&session)).await
}

/// Ends all sessions of an account, this one included.
pub async fn sign_out_everywhere(store: &Store, who: &SignedIn) -> Result<(), StoreError> {
    let account = who.account;
    store.run(move |tx| tx.end_sessions_of(account)).await
}

/// Somebody's sessions that are live, the newest first.
pub fn sessions(tx: &Tx<'_>, who: &SignedIn, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    let live = tx.sessions_of(who.account)?.into_iter().filter(|session| is_live(session, now));
    let listed = live.map(|session| Session {
        this: session.hash == who.session,
        since: session.created_at,
        seen_at: session.seen_at,
    });
    Ok(listed.collect())
}

/// Sets a password instead of the one that is asked for; all other sessions end, and this one goes on under a new secret,
/// which is given.
pub async fn change_password(
    site: &Exchanges,
    who: &SignedIn,
    (old, new): (SecretString, SecretString),
    client: IpAddr,
) -> Result<SecretString, AccountError> {
    password::check(&new, &who.email)?;
    let account = prove(site, &who.email, old, client).await?;
    renew(site, account.id, new, move |tx| unchanged(tx, &account)).await
}

/// Makes sure that whoever is signed in is still who they were: by their password, once more.
pub async fn confirm(
    site: &Exchanges,
    who: &SignedIn,
    password: SecretString,
    client: IpAddr,
) -> Result<(), AccountError> {
    prove(site, &who.email, password, client).await.map(|_account| ())
}

/// Whose password a link sets; nothing is changed by asking, since mail scanners ask too.
pub async fn link_holder(site: &Exchanges, link: &str, client: IpAddr) -> Result<String, AccountError> {
    let (hash, now) = (hash_of(link), site.clock.now());
    let found = site.store.run(move |tx| {
        let holder = match tx.password_link(&hash, now)? {
            Some(id) => tx.account(id)?,
            None => None,
        };
        let until = if holder.is_none() { BY_CLIENT.count(tx, &client_name(client), now)? } else { None };
        Ok::<_, StoreError>((holder, until))
    });
    match found.await? {
        (Some(holder), _) => Ok(holder.email),
        (None, Some(until)) => Err(AccountError::TooMany { until }),
        (None, None) => Err(AccountError::Link),
    }
}

/// Sets the password that a link allows to set, once; all sessions end, and a new one begins, whose secret is given.
pub async fn set_password(
    site: &Exchanges,
    link: &str,
    new: SecretString,
    client: IpAddr,
) -> Result<SecretString, AccountError> {
    let email = link_holder(site, link, client).await?;
    password::check(&new, &email)?;
    let (hash, now) = (hash_of(link), site.clock.now());
    let id = site.store.run_reading(move |tx| tx.password_link(&hash, now)).await?.ok_or(AccountError::Link)?;
    // Used twice at the same moment, it works once.
    let still_good =
        move |tx: &Tx<'_>| (tx.password_link(&hash, now)? == Some(id)).then_some(()).ok_or(AccountError::Link);
    renew(site, id, new, still_good).await
}

/// Gives an account another address.
pub async fn change_email(
    site: &Exchanges,
    who: &SignedIn,
    (password, email): (SecretString, &str),
    client: IpAddr,
) -> Result<(), AccountError> {
    let email = address(email)?;
    let account = prove(site, &who.email, password, client).await?;
    site.store
        .run(move |tx| {
            unchanged(tx, &account)?;
            match tx.account_named(&email)? {
                Some(other) if other.id != account.id => Err(AccountError::Taken),
                _ => Ok(tx.set_account_email(account.id, &email)?),
            }
        })
        .await
}

/// The account whose password this is.
pub(super) async fn prove(
    site: &Exchanges,
    email: &str,
    password: SecretString,
    client: IpAddr,
) -> Result<StoredAccount, AccountError> {
    let (email, now) = (email.trim().to_lowercase(), site.clock.now());
    let client = client_name(client);
    let both = format!("{client}\0{email}");
    let limits = [(BY_CLIENT, client.clone()), (BY_BOTH, both.clone()), (BY_ADDRESS, email.clone())];
    let tried = email.clone();
    let found = site.store.run(move |tx| {
        for (limit, whose) in limits {
            if let Some(until) = limit.count(tx, &whose, now)? {
                return Ok(Err(AccountError::TooMany { until }));
            }
        }
        Ok::<_, StoreError>(Ok(tx.account_named(&tried)?))
    });
    let account = found.await??;
    let known = account.as_ref().and_then(|account| account.password.clone());
    let verdict = password::verify(password.clone(), known).await;
    let Some(mut account) = account.filter(|_| !matches!(verdict, Verdict::Wrong)) else {
        return Err(AccountError::Wrong);
    };
    let fresh = match verdict {
        Verdict::RightAndOld => password::hash(password).await,
        _ => None,
    };
    site.store
        .run(move |tx| {
            // Of the client only this one: whoever has an account does not clear what it tries at others'.
            BY_CLIENT.take_back(tx, &client)?;
            BY_BOTH.forget(tx, &both)?;
            BY_ADDRESS.forget(tx, &email)?;
            if let Some(fresh) = fresh {
                unchanged(tx, &account)?;
                tx.set_password(account.id, &fresh)?;
                account.password = Some(fresh);
            }
            Ok(account)
        })
        .await
}

/// Whether an account still has the password that was verified: one that was changed meanwhile lets nobody in.
pub(super) fn unchanged(tx: &Tx<'_>, account: &StoredAccount) -> Result<(), AccountError> {
    let now = tx.account(account.id)?.and_then(|account| account.password);
    if now == account.password { Ok(()) } else { Err(AccountError::Wrong) }
}

/// Sets a password where `may` still allows it, ends everything that let somebody in, and begins a session.
async fn renew(
    site: &Exchanges,
    id: AccountId,
    new: SecretString,
    may: impl FnOnce(&Tx<'_>) -> Result<(), AccountError> + Send + 'static,
) -> Result<SecretString, AccountError> {
    let hashed = password::hash(new).await.ok_or(AccountError::Hash)?;
    let (secret, session) = new_secret("");
    let now = site.clock.now();
    site.store
        .run(move |tx| {
            may(tx)?;
            tx.set_password(id, &hashed)?;
            tx.remove_password_link(id)?;
            tx.end_sessions_of(id)?;
            tx.insert_session(&session, id, now)?;
            Ok(secret)
        })
        .await
}

pub(super) fn ago(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
