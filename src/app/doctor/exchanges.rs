//! The exchanges of a site's database as `doctor` sees them.

use super::{Finding, archive, broken_database, database, key, server};
use crate::app::exchanges::roster_of;
use crate::app::keys::AskPassphrase;
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::model::Settings;
use crate::store::{KeptExchange, Store, StoreError};

/// The database, the key, the newest draw of each exchange that is kept in it, and the archive.
pub(super) async fn kept(settings: &Settings, ask: &AskPassphrase, clock: Clock) -> Vec<Finding> {
    let looked = async {
        let store = Store::open_to_look(&settings.database)?;
        let look = store.run_reading(move |tx| {
            tx.check_integrity()?;
            let newest = |kept: KeptExchange| Ok::<_, StoreError>((tx.newest_draw(kept.topic.id)?, kept));
            let exchanges = tx.kept_exchanges()?.into_iter().map(newest).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>((exchanges, server(tx, &clock)?))
        });
        look.await
    };
    let (exchanges, server) = match looked.await {
        Err(error) => return vec![broken_database(&error), key(settings, ask, false).0],
        Ok(looked) => looked,
    };
    let is_drawn = exchanges.iter().any(|(drawn, _)| drawn.is_some());
    let (key, identity) = key(settings, ask, is_drawn);
    let mut findings = database(settings, "`xchange exchange new NAME` makes it", server);
    findings.push(key);
    for (drawn, kept) in exchanges {
        let finding = match roster_of(&kept, settings) {
            Ok(_) => super::draw(drawn.as_ref(), identity.as_ref()),
            Err(error) => Finding::broken("draw", in_full(&error), "install the xchange that wrote it, or a later one"),
        };
        findings.push(Finding { part: "exchange", detail: format!("{}: {}", kept.name, finding.detail), ..finding });
    }
    findings.push(archive::of_site(settings, is_drawn).await);
    findings
}
