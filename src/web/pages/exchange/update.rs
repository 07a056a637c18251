//! What changed in the roster since the draw: shown first, then brought in.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{Head, Mine, Said};
use crate::app::exchange::update::{self, Plan, Redrawn};
use crate::app::exchange::words::reason;
use crate::web::pages::{Failed, Fields, Frame, Page};

#[derive(Template)]
#[template(path = "update.html")]
struct Update {
    frame: Frame,
    head: Head,
    plan: Option<Plan>,
    typed: String,
}

/// What a plan is known by while somebody reads it.
fn mark(plan: &Plan) -> String {
    super::mark(&(&plan.changes, &plan.left_out, &plan.redrawn))
}

async fn screen(mine: &Mine, typed: &str, mut said: Said) -> Result<Response, Failed> {
    let plan = mine.look(update::plan).await?.map_err(|error| {
        if said.problems.is_empty() {
            said = Said::of(&error);
        }
    });
    let status = said.status();
    let head = Head { said, ..mine.head().await? };
    let frame = mine.frame("Update");
    Ok(Page(status, Update { frame, head, plan: plan.ok(), typed: typed.to_owned() }).into_response())
}

/// `GET /exchanges/{id}/update`
pub(in crate::web) async fn show(mine: Mine) -> Result<Response, Failed> {
    screen(&mine, "", Said::default()).await
}

/// `POST /exchanges/{id}/update`, with the mark of the plan that was shown: no other one is brought in.
pub(in crate::web) async fn bring_in(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let typed = fields.text("reason");
    let why = match Some(typed).filter(|typed| !typed.trim().is_empty()).map(reason).transpose() {
        Ok(why) => why,
        Err(remark) => return screen(&mine, typed, Said::problems(&[remark])).await,
    };
    let planned = mine.look(update::plan).await?;
    if planned.is_ok_and(|plan| mark(&plan) != fields.text("plan")) {
        let remark = "something has changed since this was shown; here is how it stands now".to_owned();
        return screen(&mine, typed, Said::problems(&[remark])).await;
    }
    match mine.see_through(|site| async move { update::update(&site, why).await }).await? {
        Ok(Some(made)) if made.waits.is_some() => {
            let why = made.waits.unwrap_or_default();
            let remark =
                format!("it is written down, but waits for its archive copy, and the draw answers as before: {why}");
            screen(&mine, typed, Said::problems(&[remark])).await
        }
        Ok(_) => Ok(mine.go("?done=updated")),
        Err(error) => screen(&mine, typed, Said::of(&error)).await,
    }
}
