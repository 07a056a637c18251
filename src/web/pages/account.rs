//! One's own account: password, address, where one is signed in, tokens for scripts.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{Failed, Fields, Frame, NOT_THE_SAME, Page, Refusal, page};
use crate::app::accounts::{self, AccountError, SHORTEST};
use crate::clock::local;
use crate::store::{Scope, StoredToken};
use crate::web::session::{Visitor, redirect_with};

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    keeper: bool,
    zone: String,
    sessions: Vec<accounts::Session>,
    tokens: Vec<StoredToken>,
    shortest: usize,
    news: News,
}

/// What has just come of one of the forms.
#[derive(Default)]
struct News {
    /// What was done.
    done: Option<&'static str>,
    /// A new token, shown this once.
    token: Option<SecretString>,
    /// The form that was not taken, and why.
    problem: Option<(&'static str, String)>,
    /// What was typed into it, secrets apart.
    typed: String,
}

impl Account {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    /// What a scope allows, as a choice.
    fn may(&self, scope: &Scope) -> &'static str {
        match scope {
            Scope::Read => "look",
            Scope::Write => "look and change",
            Scope::Audit => "look, change and open pairings",
        }
    }

    /// What is wrong with a form.
    fn problem(&self, form: &str) -> Option<&str> {
        self.news.problem.as_ref().filter(|(of, _)| *of == form).map(|(_, words)| words.as_str())
    }

    /// What had been typed into a form that was not taken.
    fn typed(&self, form: &str) -> &str {
        if self.problem(form).is_some() { &self.news.typed } else { "" }
    }
}

async fn account(visitor: &Visitor, news: News) -> Result<Account, Failed> {
    let (site, who) = (visitor.site(), visitor.who.clone());
    let now = site.clock.now();
    let found = visitor.read(move |tx, reach| Ok((accounts::sessions(tx, &who, now)?, accounts::tokens(tx, reach)?)));
    let (sessions, tokens) = found.await?;
    let (frame, zone) = (visitor.frame("Account"), site.timezone().to_owned());
    Ok(Account { frame, keeper: visitor.who.keeper, zone, sessions, tokens, shortest: SHORTEST, news })
}

/// A form that was not taken, once more with what was typed into it.
async fn refuse(
    visitor: &Visitor,
    error: AccountError,
    (form, typed): (&'static str, &str),
) -> Result<Response, Failed> {
    let refusal = match error {
        // The address is not in question.
        AccountError::Wrong => Refusal::of_words("This is not your password."),
        other => Refusal::of(&visitor.door, other)?,
    };
    let mut account = account(visitor, News { typed: typed.to_owned(), ..News::default() }).await?;
    Ok(refusal.page(|words| {
        account.news.problem = Some((form, words));
        account
    }))
}

/// `GET /account`
pub(in crate::web) async fn show(visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Failed> {
    let done = match query.as_deref() {
        Some("done=password") => {
            Some("The password is changed. Every other session has ended; tokens go on until they are revoked.")
        }
        Some("done=address") => Some("The address is changed. Sign in with it from now on."),
        Some("done=token") => Some("The token no longer works."),
        _ => None,
    };
    Ok(page(account(&visitor, News { done, ..News::default() }).await?).into_response())
}

/// `POST /account/password`
pub(in crate::web) async fn password(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    if fields.text("password") != fields.text("again") {
        let problem = Some(("password", NOT_THE_SAME.to_owned()));
        let account = account(&visitor, News { problem, ..News::default() }).await?;
        return Ok(Page(StatusCode::UNPROCESSABLE_ENTITY, account).into_response());
    }
    let typed = (fields.secret("old"), fields.secret("password"));
    match accounts::change_password(visitor.site(), &visitor.who, typed, visitor.door.client).await {
        Ok(secret) => Ok(redirect_with(&visitor.door, Some(&secret), "/account?done=password")),
        Err(error) => refuse(&visitor, error, ("password", "")).await,
    }
}

/// `POST /account/address`
pub(in crate::web) async fn address(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let typed = (fields.secret("password"), fields.text("email"));
    match accounts::change_email(visitor.site(), &visitor.who, typed, visitor.door.client).await {
        Ok(()) => Ok(visitor.go("/account?done=address")),
        Err(error) => refuse(&visitor, error, ("address", fields.text("email"))).await,
    }
}

/// `POST /account/tokens`: the token is in this answer and nowhere else.
pub(in crate::web) async fn make_token(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let scope = Scope::from_word(fields.text("scope")).ok_or(Failed::Form)?;
    let (password, name) = (fields.secret("password"), fields.text("name"));
    let (site, client) = (visitor.site(), visitor.door.client);
    match accounts::make_token_with_password(site, &visitor.who, password, (name.to_owned(), scope), client).await {
        Ok(token) => {
            let news = News { token: Some(token), ..News::default() };
            Ok(Page(StatusCode::CREATED, account(&visitor, news).await?).into_response())
        }
        Err(error) => refuse(&visitor, error, ("token", name)).await,
    }
}

/// `POST /account/tokens/revoke`
pub(in crate::web) async fn revoke_token(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let name = fields.text("name").to_owned();
    match visitor.write(move |tx, reach| accounts::revoke_token(tx, reach, &name)).await {
        Ok(()) => Ok(visitor.go("/account?done=token")),
        Err(AccountError::NoToken) => Err(Failed::NotFound),
        Err(error) => refuse(&visitor, error, ("token", "")).await,
    }
}
