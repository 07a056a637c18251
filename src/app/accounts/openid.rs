//! Signing in by an issuer of OpenID Connect: authorization code flow with PKCE and nonce (OpenID Connect Core 1.0, section 3.1).
//!
//! The issuer says who somebody is; whom we let in stays ours: an address that was added, said to be verified by the
//! issuer, the first time, and from then on the issuer's subject, since an address may become another's.

use std::net::IpAddr;
use std::time::Duration;

use jiff::SignedDuration;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::AccountError;
use super::secret::{hash_of, new_secret};
use super::sign_in::{BY_CLIENT, begin};
use crate::app::exchanges::Exchanges;
use crate::app::limits::client_name;
use crate::error_chain::in_full;
use crate::messaging::tls;
use crate::model::{AccountId, SignInSettings};
use crate::store::{SignInUnderWay, StoreError};

/// How long somebody may take at the issuer.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// How long the issuer may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The largest answer of an issuer, in bytes.
const LARGEST: usize = 1 << 20;

/// What a token may be signed with: nothing that the client's secret could be guessed from.
const SIGNATURES: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why an issuer did not let somebody in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenIdError {
    /// The file has no `[sign_in]`.
    #[error("there is no other way to sign in here")]
    NotSetUp,
    /// Not in time, a second time, or by another browser.
    #[error("this sign-in has ended; please begin again")]
    Ended,
    /// Somebody said no at the issuer.
    #[error("the sign-in was not completed there")]
    Refused,
    /// The issuer, or what it said.
    #[error("the other site cannot say who you are now")]
    Issuer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody has added that address, or the issuer has not verified it.
    #[error("nobody has added your address here; whoever runs the site types `xchange account add` and your address")]
    Unknown,
    /// As with a password.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for OpenIdError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

/// A sign-in on its way.
pub struct Departure {
    /// Where the browser goes.
    pub to: Url,
    /// What it keeps until it is back.
    pub cookie: SecretString,
}

/// What a browser brings back.
pub struct Return<'a> {
    /// By which the sign-in is found.
    pub state: &'a str,
    /// What the issuer gives for a token; empty where somebody said no.
    pub code: &'a str,
    /// What the browser kept.
    pub cookie: &'a str,
}

/// Begins a sign-in; `back` is where the browser comes back to.
///
/// # Errors
/// [`OpenIdError`]: not set up, tried too often, or the issuer does not answer.
pub async fn depart(site: &Exchanges, back: &Url, client: IpAddr) -> Result<Departure, OpenIdError> {
    let settings = site.settings.sign_in.as_ref().ok_or(OpenIdError::NotSetUp)?;
    let now = site.clock.now();
    let until = site.store.run(move |tx| BY_CLIENT.count(tx, &client_name(client), now)).await?;
    if let Some(until) = until {
        return Err(AccountError::TooMany { until }.into());
    }
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (state, hash) = new_secret("");
    let (cookie, browser) = new_secret("");
    let nonce = Nonce::new_random();
    let (given, carried) = (state.expose_secret().to_owned(), nonce.clone());
    let client = relying_party(settings, discover(settings).await?, back)?;
    let (to, ..) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || CsrfToken::new(given), move || carried)
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let under_way = SignInUnderWay {
        browser: browser.to_vec(),
        nonce: nonce.secret().clone(),
        verifier: verifier.secret().clone(),
    };
    let ends_at = now.saturating_add(LASTS).unwrap_or(jiff::Timestamp::MAX);
    site.store.run(move |tx| tx.begin_sign_in(&hash, &under_way, now, ends_at)).await?;
    Ok(Departure { to, cookie })
}

/// Completes a sign-in and gives the new session's secret; one that the browser had before ends. Whoever is let in was no try of
/// the client's.
///
/// # Errors
/// [`OpenIdError`]; whatever the reason, this sign-in has ended.
pub async fn arrive(
    site: &Exchanges,
    back: &Url,
    returned: Return<'_>,
    (client, before): (IpAddr, Option<&str>),
) -> Result<SecretString, OpenIdError> {
    let settings = site.settings.sign_in.as_ref().ok_or(OpenIdError::NotSetUp)?;
    let (hash, browser, now) = (hash_of(returned.state), hash_of(returned.cookie), site.clock.now());
    let under_way = site.store.run(move |tx| tx.take_sign_in(&hash, now)).await?;
    let under_way = under_way.filter(|it| it.browser == browser).ok_or(OpenIdError::Ended)?;
    if returned.code.is_empty() {
        return Err(OpenIdError::Refused);
    }
    let said = ask(settings, back, returned.code, under_way).await?;
    let (issuer, before) = (settings.issuer.clone(), before.map(hash_of));
    site.store
        .run(move |tx| {
            let account = match tx.account_of_identity(&issuer, &said.subject)? {
                Some(account) => account,
                None => {
                    let named = said.email.map(|email| tx.account_named(&email)).transpose()?.flatten();
                    let id: AccountId = named.ok_or(OpenIdError::Unknown)?.id;
                    // Whoever has the address now is not whom the issuer said it was before.
                    tx.insert_identity(&issuer, &said.subject, id)?.then_some(id).ok_or(OpenIdError::Unknown)?
                }
            };
            BY_CLIENT.take_back(tx, &client_name(client))?;
            Ok(begin(tx, account, before, now)?)
        })
        .await
}

/// What an issuer says of somebody.
struct Said {
    subject: String,
    /// In lower case; only one that the issuer has verified.
    email: Option<String>,
}

/// Has the issuer give a token for a code, and believes what it says if it is signed by the issuer, for us, now, and for
/// this sign-in.
async fn ask(
    settings: &SignInSettings,
    back: &Url,
    code: &str,
    under_way: SignInUnderWay,
) -> Result<Said, OpenIdError> {
    let client = relying_party(settings, discover(settings).await?, back)?;
    let http = http_client()?;
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(issuer)?;
    let request = request.set_pkce_verifier(PkceCodeVerifier::new(under_way.verifier));
    let answer = request.request_async(&|request| call(http.clone(), request)).await.map_err(issuer)?;
    let token = answer.id_token().ok_or_else(|| OpenIdError::Issuer("it gave no token".into()))?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES);
    let claims = token.claims(&verifier, &Nonce::new(under_way.nonce)).map_err(issuer)?;
    let is_verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| is_verified).map(|email| email.as_str().to_lowercase());
    Ok(Said { subject: claims.subject().as_str().to_owned(), email })
}

/// What the issuer says of itself, with its keys of today.
///
/// # Errors
/// [`OpenIdError::Issuer`].
pub async fn discover(settings: &SignInSettings) -> Result<CoreProviderMetadata, OpenIdError> {
    let http = http_client()?;
    let named = IssuerUrl::new(settings.issuer.clone()).map_err(issuer)?;
    CoreProviderMetadata::discover_async(named, &|request| call(http.clone(), request)).await.map_err(issuer)
}

type RelyingParty = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

fn relying_party(
    settings: &SignInSettings,
    metadata: CoreProviderMetadata,
    back: &Url,
) -> Result<RelyingParty, OpenIdError> {
    let secret = settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(settings.client_id.clone()), secret);
    Ok(client.set_redirect_uri(RedirectUrl::new(back.to_string()).map_err(issuer)?))
}

/// Follows no redirect: the answer of the issuer is the issuer's own.
fn http_client() -> Result<reqwest::Client, OpenIdError> {
    tls::choose_provider();
    let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
    client.build().map_err(issuer)
}

async fn call(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let mut answer = client.execute(request.try_into()?).await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    while let Some(chunk) = answer.chunk().await? {
        response.body_mut().extend_from_slice(&chunk);
        if response.body().len() > LARGEST {
            return Err(CallError::TooLarge);
        }
    }
    Ok(response)
}

/// Why the issuer was not heard.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("it cannot be reached")]
    Http(#[from] reqwest::Error),
    #[error("its answer is larger than any issuer's")]
    TooLarge,
}

fn issuer(error: impl std::error::Error + Send + Sync + 'static) -> OpenIdError {
    tracing::warn!(problem = in_full(&error), "signing in by the issuer failed");
    OpenIdError::Issuer(Box::new(error))
}
