//! What an exchange is and by which rules it is drawn; whether they leave a draw, and what would mend it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, RawQuery};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{Head, Mine, Said, is_stale, mark};
use crate::app::exchange::check::{self, Checked, Earlier};
use crate::app::exchange::details::{self, Details};
use crate::app::exchange::matrix;
use crate::app::exchange::mend::{self, Mend, without_lines};
use crate::app::exchange::roster_people::{self, why_not};
use crate::app::exchange::words::{guess_in_words, how_many};
use crate::matcher::Verdict;
use crate::model::{Exchange, Exclusion};
use crate::roster::edit::Edit;
use crate::store::StoreError;
use crate::web::pages::stretch::{Sought, Stretch};
use crate::web::pages::{Failed, Fields, Frame, Page};

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    frame: Frame,
    head: Head,
    typed: Details,
    /// The mark of what is said there now.
    seen: String,
    exchange: Arc<Exchange>,
    /// Those of its exclusions that are shown.
    exclusions: Vec<Exclusion>,
    stretch: Stretch,
    verdict: Judged,
}

/// Exclusions on one page: each has a form.
const EXCLUSIONS: usize = 50;

/// From how many people on somebody's name is typed, and not chosen.
pub(super) const TOO_MANY_TO_CHOOSE: usize = 200;

/// Lines of what the rules leave.
const LINES: usize = 50;

impl Rules {
    fn name(&self, person: &crate::model::PersonIndex) -> &str {
        &self.exchange.person(*person).name
    }

    fn are_chosen(&self) -> bool {
        (2..=TOO_MANY_TO_CHOOSE).contains(&self.exchange.people.len())
    }

    fn has_picture(&self) -> bool {
        (2..=matrix::MOST_IN_PICTURE).contains(&self.exchange.people.len())
    }
}

/// Whether there is a draw, in words.
pub(super) struct Judged {
    pub(super) possible: bool,
    pub(super) lines: Vec<String>,
    /// What can be pressed.
    mends: Vec<Mend>,
}

/// What the rules leave, for a roster that may be far from done.
pub(super) fn judge(site: &crate::app::site::Site) -> Result<Judged, StoreError> {
    let exchange = &site.exchange;
    let refused = |why: &str| Judged { possible: false, lines: vec![why.to_owned()], mends: Vec::new() };
    if exchange.people.len() < 2 {
        return Ok(refused("An exchange needs at least two people."));
    }
    Ok(match check::check(exchange, &Earlier::of(site)?) {
        Ok(checked) => judged(exchange, checked),
        Err(malformed) => refused(&format!("These rules make no sense together: {malformed}.")),
    })
}

fn judged(exchange: &Exchange, checked: Checked) -> Judged {
    let gifts = exchange.rules.gifts_each;
    let mut lines = match &checked.impossible {
        Some(_) => vec!["No draw can follow these rules.".to_owned()],
        None if checked.verdict == Verdict::NotFound => {
            vec!["No draw was found so far, and none was proved impossible; drawing searches longer.".to_owned()]
        }
        None => vec![how_many(&checked.draws, gifts)],
    };
    if checked.impossible.is_none() && checked.earlier > 0 {
        lines.push(format!(
            "History is not counted: the pairings of {} earlier draws are avoided besides.",
            checked.earlier
        ));
    }
    lines.extend(checked.guessable.iter().map(|guess| guess_in_words(guess, gifts)));
    lines.extend(checked.notes);
    let mut mends = Vec::new();
    if let Some(impossible) = checked.impossible {
        lines.extend(std::iter::once(impossible.why).chain(impossible.repairs).map(|line| without_lines(&line)));
        mends.extend(impossible.mends);
    }
    if lines.len() > LINES {
        let more = lines.split_off(LINES).len();
        lines.push(format!("And {more} more such lines, which `xchange check` shows."));
    }
    Judged { possible: checked.verdict != Verdict::Impossible, lines, mends }
}

async fn screen(mine: &Mine, (typed, sought): (Option<Details>, Sought), said: Said) -> Result<Response, Failed> {
    let (verdict, status) = (mine.look(judge).await??, said.status());
    let head = Head { said, ..mine.head().await? };
    let exchange = Arc::clone(&mine.site.exchange);
    let now = Details::from(&*exchange);
    let (seen, typed) = (mark(&now), typed.unwrap_or(now));
    let mut exclusions = exchange.exclusions.clone();
    let names = |rule: &Exclusion| [rule.giver, rule.receiver].map(|person| &*exchange.person(person).name);
    exclusions.retain(|rule| sought.is_in(names(rule).into_iter()));
    let (stretch, exclusions) = Stretch::of(mine.at("/rules"), sought, exclusions, EXCLUSIONS);
    let frame = mine.frame("Rules");
    Ok(Page(status, Rules { frame, head, typed, seen, exchange, exclusions, stretch, verdict }).into_response())
}

/// `GET /exchanges/{id}/rules?q=&from=`
pub(in crate::web) async fn show(
    mine: Mine,
    Query(sought): Query<Sought>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    screen(&mine, (None, sought), Said::done(query.as_deref())).await
}

fn typed(fields: &Fields) -> Details {
    let text = |name| fields.text(name).to_owned();
    Details {
        name: text("name"),
        series: text("series"),
        keyword: text("keyword"),
        date: text("date"),
        timezone: text("timezone"),
        budget: text("budget"),
        country: text("country"),
        reply: text("reply"),
        mutual: !fields.text("mutual").is_empty(),
        one_circle: !fields.text("one_circle").is_empty(),
        avoid_repeats: text("avoid_repeats"),
        repeats: text("repeats"),
        gifts_each: text("gifts_each"),
    }
}

/// `POST /exchanges/{id}/rules`, with the mark of what was said there, as for a person
pub(in crate::web) async fn change(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (id, typed, now) = (mine.id, typed(&fields), Details::from(&*mine.site.exchange));
    if is_stale(&fields, &now) {
        let said = Said::stale(now.named(), typed.named());
        return screen(&mine, (Some(typed), Sought::default()), said).await;
    }
    let given = typed.clone();
    match mine.change(move |site| details::change(site, id, &given)).await? {
        Ok(()) => Ok(mine.go("/rules?done=kept")),
        Err(remarks) => screen(&mine, (Some(typed), Sought::default()), Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/exclusions` and, to take one back, `POST /exchanges/{id}/exclusions/remove`
pub(in crate::web) async fn exclusion<const IS_OVER: bool>(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (giver, receiver) = (fields.text("giver").to_owned(), fields.text("receiver").to_owned());
    let both_ways = !fields.text("both_ways").is_empty();
    let edit = match IS_OVER {
        true => Edit::Allow { giver, receiver, both_ways },
        false => Edit::Exclude { giver, receiver, both_ways },
    };
    let id = mine.id;
    match mine.change(move |site| roster_people::change(site, id, edit)).await? {
        Ok(()) => Ok(mine.go("/rules?done=kept")),
        Err(remarks) => screen(&mine, (None, Sought::default()), Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/mend`
pub(in crate::web) async fn mend(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (id, words) = (mine.id, fields.text("mend").to_owned());
    let taken = mine.change(move |site| mend::take(site, id, &words).map_err(|error| why_not(&error))).await?;
    let remarks = match taken {
        Ok(true) => return Ok(mine.go("/rules?done=kept")),
        Ok(false) => vec!["the roster has changed meanwhile; here is how it stands now".to_owned()],
        Err(remarks) => remarks,
    };
    screen(&mine, (None, Sought::default()), Said::problems(&remarks)).await
}

/// `GET /exchanges/{id}/picture.svg`: who may give to whom by the rules, which is no pairing.
pub(in crate::web) async fn picture(mine: Mine) -> Result<Response, Failed> {
    let drawn = mine.look(|site| {
        let people = site.exchange.people.len();
        let matrix = check::matrix(&site.exchange).ok().filter(|_| (2..=matrix::MOST_IN_PICTURE).contains(&people));
        matrix.map(|matrix| matrix::as_svg(&site.exchange, &matrix))
    });
    let svg = drawn.await?.ok_or(Failed::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
