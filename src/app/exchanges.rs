//! The exchanges of a site: that of its file, and those kept in its database. The one place that lists them; each is then
//! looked at through a [`Site`] of its own.

use std::path::Path;
use std::sync::Arc;

use super::accounts::{Owned, authorize};
use super::exchange::checked_roster;
use super::keys::{AskPassphrase, Keys};
use super::site::{Kept, Site};
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::model::{AccountId, Exchange, Settings, TopicId};
use crate::roster::{self, Roster, RosterError, SiteFile};
use crate::store::{KeptExchange, Reach, Store, StoreError, Tx};

/// An opened site with all its exchanges; cheap to clone.
#[derive(Debug, Clone)]
pub struct Exchanges {
    /// Everything in the file that is not its exchange.
    pub settings: Arc<Settings>,
    pub store: Store,
    /// This machine's key.
    pub keys: Arc<Keys>,
    pub clock: Clock,
    in_file: Option<Arc<Exchange>>,
    path: Option<Arc<Path>>,
}

/// An exchange as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its row; `None` for that of a file as long as it has none.
    pub id: Option<TopicId>,
    pub name: String,
    /// Whose it is; `None`: the site's.
    pub owner: Option<AccountId>,
    /// Whether it is kept in the file.
    pub in_file: bool,
}

impl From<&KeptExchange> for Listed {
    fn from(kept: &KeptExchange) -> Self {
        Self { id: Some(kept.topic.id), name: kept.name.clone(), owner: kept.owner, in_file: false }
    }
}

/// Why it is not certain which exchange is meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhichExchange {
    /// None is named, and there is none.
    #[error("there is no exchange yet, neither in the file nor in the database")]
    None,
    /// None is named, and there are several.
    #[error("the database has several exchanges: {}", in_words(.0))]
    Several(Vec<Listed>),
    #[error("there is no exchange {name:?}")]
    Unknown {
        /// What was named.
        name: String,
        /// Those there are.
        others: Vec<Listed>,
    },
    #[error("there are several exchanges {name:?}")]
    Ambiguous {
        /// What was named.
        name: String,
        /// Who is called so.
        found: Vec<Listed>,
    },
    /// The roster, in the file or in the database.
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn kept_in(tx: &Tx<'_>) -> Result<Vec<KeptExchange>, StoreError> {
    tx.kept_exchanges()
}

/// The names of exchanges, in one line.
pub fn in_words(exchanges: &[Listed]) -> String {
    exchanges.iter().map(|listed| format!("{:?}", listed.name)).collect::<Vec<_>>().join(", ")
}

/// The roster of the exchange that is meant: the one of this name or, where several have it, of this row; where none is
/// named, that of the file, or else the only one there is.
pub fn find(file: SiteFile, store: &Store, named: Option<&str>) -> Result<Roster, WhichExchange> {
    let kept = store.read(kept_in)?;
    let settings = file.settings().clone();
    let mut in_file = file.roster();
    let Some(named) = named.map(str::trim) else {
        return match (in_file, &kept[..]) {
            (Some(roster), _) => Ok(roster),
            (None, []) => Err(WhichExchange::None),
            (None, [only]) => Ok(roster_of(only, &settings)?),
            (None, several) => Err(WhichExchange::Several(several.iter().map(Listed::from).collect())),
        };
    };
    let is_meant = |name: &str| name.to_lowercase() == named.to_lowercase();
    let mut found: Vec<&KeptExchange> = kept.iter().filter(|kept| is_meant(&kept.name)).collect();
    let this_file = in_file.take_if(|roster| is_meant(&roster.exchange.name));
    if found.is_empty() && this_file.is_none() {
        found = kept.iter().filter(|kept| kept.topic.id.0.to_string() == named).collect();
    }
    match (this_file, &found[..]) {
        (Some(roster), []) => Ok(roster),
        (None, [only]) => Ok(roster_of(only, &settings)?),
        (None, []) => {
            let others = in_file.iter().map(listed_file).chain(kept.iter().map(Listed::from)).collect();
            Err(WhichExchange::Unknown { name: named.to_owned(), others })
        }
        (roster, several) => {
            let found = roster.iter().map(listed_file).chain(several.iter().copied().map(Listed::from)).collect();
            Err(WhichExchange::Ambiguous { name: named.to_owned(), found })
        }
    }
}

fn listed_file(roster: &Roster) -> Listed {
    Listed { id: None, name: roster.exchange.name.clone(), owner: None, in_file: true }
}

/// The roster of an exchange that is kept in the database.
///
/// # Errors
/// [`RosterError`], as a later version may have written it.
pub fn roster_of(kept: &KeptExchange, settings: &Settings) -> Result<Roster, RosterError> {
    let mut roster = roster::parse_kept(&kept.toml, &kept.name, settings)?;
    roster.kept = Some(kept.topic.id);
    Ok(roster)
}

impl Exchanges {
    /// Opens the site of a file, and makes its database where there is none.
    pub fn open(file: SiteFile, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        let store = Store::open(&file.settings().database)?;
        Ok(Self::with(file, store, ask, clock))
    }

    /// The site of a file with this database.
    pub fn with(file: SiteFile, store: Store, ask: AskPassphrase, clock: Clock) -> Self {
        let keys = Arc::new(Keys::new(&file.settings().seal, ask));
        let store = store.keyed(Arc::clone(&keys) as _);
        let settings = Arc::new(file.settings().clone());
        let (path, in_file) = file.roster().map(|roster| (roster.path().into(), Arc::new(roster.exchange))).unzip();
        Self { settings, store, keys, clock, in_file, path }
    }

    /// The site around an exchange, which is that of its file.
    pub fn around(site: Site) -> Self {
        let Site { exchange, settings, store, keys, clock, kept: _ } = site;
        Self { settings, store, keys, clock, in_file: Some(exchange), path: None }
    }

    /// The exchange of the file, if it has one.
    pub fn in_file(&self) -> Option<Site> {
        let exchange = Arc::clone(self.in_file.as_ref()?);
        Some(self.site(exchange, Arc::clone(&self.settings), Kept::File))
    }

    /// The time zone of what belongs to no exchange: the site's, or else that of the exchange in its file.
    pub fn timezone(&self) -> &str {
        let in_file = || self.in_file.as_ref().map(|exchange| exchange.timezone.as_str());
        self.settings.site.timezone.as_deref().or_else(in_file).unwrap_or("UTC")
    }

    /// The country of phones that belong to no exchange, found as the time zone is.
    pub fn country(&self) -> Option<&str> {
        let in_file = || self.in_file.as_ref().and_then(|exchange| exchange.country.as_deref());
        self.settings.site.country.as_deref().or_else(in_file)
    }

    /// An exchange that is kept in the database.
    ///
    /// # Errors
    /// [`RosterError`], as a later version may have written it.
    pub fn kept(&self, kept: &KeptExchange) -> Result<Site, RosterError> {
        let Roster { exchange, settings, .. } = roster_of(kept, &self.settings)?;
        Ok(self.site(Arc::new(exchange), Arc::new(settings), Kept::of(kept)))
    }

    /// The exchange of a row, wherever it is kept; `None` when there is none such, or one of an earlier file.
    pub fn of_row(&self, id: TopicId) -> Result<Option<Site>, WhichExchange> {
        let (in_file, kept) = self.store.read(|tx| {
            let in_file = self.in_file().map(|site| Ok::<_, StoreError>((site.topic(tx)?, site))).transpose()?;
            Ok::<_, StoreError>((in_file, tx.kept_exchange(id)?))
        })?;
        match in_file {
            Some((Some(topic), site)) if topic.id == id => Ok(Some(site)),
            _ => Ok(kept.map(|kept| self.kept(&kept)).transpose()?),
        }
    }

    /// The exchange of a row that is within a reach, its roster as it is now; `None` when there is none such, or it is
    /// another's.
    pub fn owned(&self, reach: Reach, id: TopicId) -> Result<Option<(Owned<TopicId>, Site)>, WhichExchange> {
        let Some(owned) = self.store.read(|tx| authorize(tx, reach, id))? else { return Ok(None) };
        let Some(site) = self.of_row(id)? else { return Ok(None) };
        Ok(Some((owned, if site.name_in_database().is_some() { site } else { self.read_again(site)? })))
    }

    /// The file's exchange as its file has it now: whoever runs the site may have changed it since.
    fn read_again(&self, site: Site) -> Result<Site, RosterError> {
        let Some(path) = &self.path else { return Ok(site) };
        let now = checked_roster::load_site(path)?.roster().map(|roster| roster.exchange);
        let is_it = |now: &Exchange| (&now.name, &now.series) == (&site.exchange.name, &site.exchange.series);
        Ok(match now.filter(is_it) {
            Some(now) => Site { exchange: Arc::new(now), ..site },
            None => site,
        })
    }

    /// All of them, that of the file first. One that cannot be read stops no other; the log says so.
    pub fn all(&self) -> Result<Vec<Site>, StoreError> {
        let kept = self.store.read(kept_in)?;
        let read = |kept| self.kept(kept).inspect_err(|error| unreadable(kept, error)).ok();
        Ok(self.in_file().into_iter().chain(kept.iter().filter_map(read)).collect())
    }

    fn site(&self, exchange: Arc<Exchange>, settings: Arc<Settings>, kept: Kept) -> Site {
        let Self { store, keys, clock, .. } = self.clone();
        Site { exchange, settings, store, keys, clock, kept }
    }
}

/// Says in the log that an exchange cannot be served.
pub(super) fn unreadable(kept: &KeptExchange, error: &RosterError) {
    tracing::error!(
        exchange = kept.name,
        problem = in_full(error),
        "the exchange is not served: its roster cannot be read"
    );
}
