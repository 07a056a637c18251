//! Which file, and which exchange of its site, a verb is about.

use super::{Context, Failure, passphrase};
use crate::app::exchange::checked_roster;
use crate::app::exchanges::{self, Exchanges, WhichExchange};
use crate::app::site::Site;
use crate::model::DatabaseSettings;
use crate::roster::{self, Roster, RosterError, SiteFile};
use crate::store::Store;

impl Context {
    /// Reads the roster.
    pub fn roster(&self) -> Result<Roster, Failure> {
        Ok(self.find(self.exchange.as_deref())?)
    }

    /// The roster of the exchange of this name; of the one at hand, where none is named.
    pub(super) fn find(&self, named: Option<&str>) -> Result<Roster, WhichExchange> {
        match (self.site_file()?, named) {
            (SiteFile::Exchange(roster), None) => Ok(*roster),
            (file, named) => {
                let store = Store::open_to_look(&file.settings().database)?;
                let roster = exchanges::find(file, &store, named)?;
                Ok(checked_roster::judged(roster)?)
            }
        }
    }

    /// Reads the file, which may describe a site alone.
    pub(super) fn site_file(&self) -> Result<SiteFile, RosterError> {
        let mut file = checked_roster::load_site(self.file())?;
        if let Some(sign_in) = &mut file.settings_mut().sign_in {
            sign_in.client_secret.clone_from(&self.sign_in_secret);
        }
        if let DatabaseSettings::Server(server) = &mut file.settings_mut().database {
            server.password.clone_from(&self.database_password);
        }
        Ok(file)
    }

    /// The file with all exchanges of its site.
    pub(super) fn exchanges(&self, file: SiteFile) -> Result<Exchanges, Failure> {
        let ask = passphrase::existing(self, &file.settings().seal.key_file);
        Ok(Exchanges::open(file, ask, self.clock.clone())?)
    }

    /// The file with all exchanges of its site, for a verb that only looks and leaves no database behind.
    pub(super) fn exchanges_to_look(&self, file: SiteFile) -> Result<Exchanges, Failure> {
        let ask = passphrase::existing(self, &file.settings().seal.key_file);
        let store = Store::open_to_look(&file.settings().database)?;
        Ok(Exchanges::with(file, store, ask, self.clock.clone()))
    }

    /// The same for a verb that is about the whole site.
    pub(super) fn whole_site(&self, verb: &str) -> Result<Exchanges, Failure> {
        self.about_the_site(verb)?;
        self.exchanges(self.site_file()?)
    }

    /// Refuses `--exchange` for a verb that is about the whole site.
    pub(super) fn about_the_site(&self, verb: &str) -> Result<(), Failure> {
        match &self.exchange {
            Some(_) => Err(Failure::error(format!(
                "`xchange {verb}` is about all exchanges of the site; leave --exchange out"
            ))),
            None => Ok(()),
        }
    }

    /// Reads the roster for a verb that acts by it; what is only worth a warning is said and passed over.
    pub fn roster_and_warnings(&self) -> Result<Roster, Failure> {
        let roster = self.roster()?;
        if !roster.warnings.is_empty() {
            self.ui.talk(&roster::render_all(&roster.warnings));
        }
        Ok(roster)
    }

    /// The roster's site, its database made where there is none.
    pub fn site(&self, roster: &Roster) -> Result<Site, Failure> {
        Ok(Site::open(roster, passphrase::existing(self, &roster.settings.seal.key_file), self.clock.clone())?)
    }

    /// The roster's site, for a verb that only looks and leaves no database behind.
    pub fn site_to_look(&self, roster: &Roster) -> Result<Site, Failure> {
        Ok(Site::look(roster, passphrase::existing(self, &roster.settings.seal.key_file), self.clock.clone())?)
    }
}
