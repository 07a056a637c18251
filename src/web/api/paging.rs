//! Lists, a stretch at a time: `?limit=&after=`, and a link to the next one.

use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::problem::{Flaw, Problem};

/// How many things are listed where nothing is said.
const USUAL: u32 = 100;

/// How many are listed at most.
const MOST: u32 = 1_000;

/// Which stretch of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// How many at most; 100 where it is left out.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
    /// The id after which the stretch begins, as `next` has it.
    after: Option<String>,
}

impl Paging {
    /// One more than is shown, so that it is seen whether there are more.
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        let words = format!("a list has from 1 to {MOST} entries");
        if (1..=MOST).contains(&limit) { Ok(limit + 1) } else { Err(Problem::meaning(vec![Flaw::at("?limit", words)])) }
    }

    /// The id after which the stretch begins.
    pub(super) fn after(&self) -> Result<i64, Problem> {
        let Some(after) = &self.after else { return Ok(0) };
        after.parse().map_err(|_no_id| Self::no_id())
    }

    fn no_id() -> Problem {
        Problem::meaning(vec![Flaw::at("?after", "this is no id of the list")])
    }
}

/// A stretch of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed<T> {
    items: Vec<T>,
    /// Where the list goes on; none at its end.
    #[schema(required)]
    next: Option<String>,
}

impl<T> Listed<T> {
    /// The stretch that was asked for, of everything there is, in an order of its own.
    pub(super) fn cut(caller: &Caller, paging: &Paging, all: Vec<T>, id: impl Fn(&T) -> &str) -> Result<Self, Problem> {
        let from = match &paging.after {
            None => 0,
            Some(after) => 1 + all.iter().position(|row| id(row) == after).ok_or_else(Paging::no_id)?,
        };
        Self::of(caller, paging, all.into_iter().skip(from).collect(), id)
    }

    /// The stretch that was asked for, of at least as many rows as [`Paging::limit`] says.
    pub(super) fn of(
        caller: &Caller,
        paging: &Paging,
        mut rows: Vec<T>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Self, Problem> {
        let shown = paging.limit()?.saturating_sub(1);
        let are_more = rows.len() > shown as usize;
        rows.truncate(shown as usize);
        let next = rows.last().filter(|_| are_more).map(|last| {
            let asked = Serializer::new(String::new())
                .append_pair("limit", &shown.to_string())
                .append_pair("after", id(last))
                .finish();
            format!("{}?{asked}", caller.path)
        });
        Ok(Self { items: rows, next })
    }
}
