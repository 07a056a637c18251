//! The archive as `doctor` sees it.

use super::Finding;
use crate::app::exchange::agreement::{self, Gap, in_words};
use crate::app::exchange::archive_copy;
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError};
use crate::error_chain::in_full;
use crate::model::Settings;
use crate::store::{ArchiveState, StoredDraw};

/// The archive, and whether it holds what the database says it does: the draw that answers byte by byte.
pub(super) async fn archive(site: &Site, stored: Option<&StoredDraw>) -> Finding {
    let part = "archive";
    let archive = match connected(&site.settings, stored.is_some()).await {
        Ok(archive) => archive,
        Err(finding) => return finding,
    };
    let looked = match agreement::look(site, &archive).await {
        Ok(looked) => looked,
        Err(error) => return Finding::broken(part, in_full(&error), "check [archive] and the AWS credentials"),
    };
    if let Some(gap) = looked.replaced().or(looked.gaps.first()) {
        let gaps: Vec<&Gap> = looked.gaps.iter().collect();
        return Finding::broken(part, in_words(&gaps), gap.remedy());
    }
    let Some(draw) = looked.newest.filter(|draw| draw.archive_state == ArchiveState::Confirmed) else {
        return Finding::ok(part, "can be read and listed");
    };
    let key = archive_copy::draw_key(&site.folder(), draw.number);
    match archive.get(&key).await {
        Ok(Some(copy)) if copy == draw.sealed => {
            Finding::ok(part, format!("holds draw {}, the same as in the database", draw.number))
        }
        Ok(Some(_)) => {
            Finding::broken(part, format!("{} differs from the database", archive.location(&key)), agreement::COMPARE)
        }
        Ok(None) => Finding::broken(part, format!("{} is missing", archive.location(&key)), agreement::AGAIN),
        Err(error) => Finding::broken(part, in_full(&error), "check [archive] and the AWS credentials"),
    }
}

/// The archive, and whether it can be used.
pub(super) async fn of_site(settings: &Settings, is_drawn: bool) -> Finding {
    connected(settings, is_drawn)
        .await
        .map_or_else(|finding| finding, |_| Finding::ok("archive", "can be read and listed"))
}

async fn connected(settings: &Settings, is_drawn: bool) -> Result<Archive, Finding> {
    let part = "archive";
    let checked = async {
        let archive = Archive::connect(&settings.archive).await?;
        archive.check().await?;
        Ok::<_, ArchiveError>(archive)
    };
    checked.await.map_err(|error| match error {
        ArchiveError::NoFolder { .. } if !is_drawn => {
            Finding::not_set_up(part, error.to_string(), "the first draw makes it")
        }
        ArchiveError::NoFolder { .. } => Finding::broken(part, error.to_string(), AGAIN_IN_A_FOLDER),
        ArchiveError::Unreachable { .. } | ArchiveError::Slow | ArchiveError::Busy { .. } => {
            Finding::broken(part, in_full(&error), "check the network, and `endpoint` under [archive]")
        }
        _ => Finding::broken(part, in_full(&error), "check [archive] and the AWS credentials"),
    })
}

/// What to do about a folder that has been there.
const AGAIN_IN_A_FOLDER: &str = "bring the disk or stick back that it is on; if it is lost, make the folder yourself and \
                                 run `xchange archive --again`";
