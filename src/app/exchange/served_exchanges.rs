//! The exchanges of a running site: that of its file, and those kept in its database, each taken up when it is first needed
//! and anew when its roster has changed. New ones need no restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::agreement;
use super::message::Message;
use super::messages::{ExchangeMessages, local};
use super::open_draws::OpenDraws;
use super::relays::{self, Source};
use super::served::{ServedExchange, stranger_words};
use crate::app::exchanges::{Exchanges, unreadable};
use crate::app::outbox::MessageTopic;
use crate::app::responder::{Answer, Courtesy, Text, TextTopic, TextTopics};
use crate::app::site::Site;
use crate::app::topics::Topics;
use crate::conversation::Period;
use crate::conversation::exchange::outgoing;
use crate::model::{Exchange, Phone, TopicId};
use crate::store::{StoreError, StoredText, Tx};

/// Everything that is answered and sent for.
pub struct ServedExchanges {
    exchanges: Exchanges,
    draws: Arc<OpenDraws>,
    in_file: Option<(TopicId, Served)>,
    /// Those of the database, as of which change of their roster; `None` for one that cannot be read.
    kept: Mutex<HashMap<TopicId, (i64, Option<Served>)>>,
}

impl std::fmt::Debug for ServedExchanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedExchanges").finish_non_exhaustive()
    }
}

/// An exchange that is served.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) site: Site,
    pub(super) exchange: Arc<ServedExchange>,
    messages: Arc<ExchangeMessages>,
}

impl Served {
    fn new(site: Site, exchange: ServedExchange) -> Self {
        let exchange = Arc::new(exchange);
        let messages = Arc::new(ExchangeMessages::new(Arc::clone(&exchange), &site.settings));
        Self { site, exchange, messages }
    }
}

impl ServedExchanges {
    /// Those of a site. Before its first draw the people of the file's exchange are written down.
    pub fn enter(exchanges: Exchanges) -> Result<Self, StoreError> {
        let store = exchanges.store.clone();
        store.write(|tx| Self::enter_in(tx, exchanges))
    }

    /// [`ServedExchanges::enter`] inside a transaction.
    pub fn enter_in(tx: &Tx<'_>, exchanges: Exchanges) -> Result<Self, StoreError> {
        let draws = Arc::new(OpenDraws::new(Arc::clone(&exchanges.keys)));
        let in_file = match exchanges.in_file() {
            Some(site) => {
                let exchange = ServedExchange::enter(tx, &site, Arc::clone(&draws))?;
                Some((exchange.topic().id, Served::new(site, exchange)))
            }
            None => None,
        };
        Ok(Self { exchanges, draws, in_file, kept: Mutex::default() })
    }

    /// All that can be read, that of the file first.
    pub(super) fn served(&self, tx: &Tx<'_>) -> Result<Vec<Served>, StoreError> {
        let mut all: Vec<Served> = self.in_file.iter().map(|(_, served)| served.clone()).collect();
        for (id, revision) in tx.kept_revisions()? {
            all.extend(self.take_up(tx, id, revision)?);
        }
        Ok(all)
    }

    pub(super) fn one(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Served>, StoreError> {
        match &self.in_file {
            Some((in_file, served)) if *in_file == id => Ok(Some(served.clone())),
            _ => match tx.kept_revision(id)? {
                Some(revision) => self.take_up(tx, id, revision),
                None => Ok(None),
            },
        }
    }

    fn take_up(&self, tx: &Tx<'_>, id: TopicId, revision: i64) -> Result<Option<Served>, StoreError> {
        if let Some((known, served)) = self.lock().get(&id)
            && *known == revision
        {
            return Ok(served.clone());
        }
        let Some(kept) = tx.kept_exchange(id)? else { return Ok(None) };
        let served = match self.exchanges.kept(&kept) {
            Ok(site) => {
                let exchange = ServedExchange::of(tx, &site, kept.topic, Arc::clone(&self.draws))?;
                Some(Served::new(site, exchange))
            }
            Err(error) => {
                unreadable(&kept, &error);
                None
            }
        };
        self.lock().insert(id, (kept.revision, served.clone()));
        Ok(served)
    }

    /// Holds database and archive against each other, for all at once; see [`agreement::guard`].
    ///
    /// # Errors
    /// What the archive or the database says of one of them.
    pub async fn guard(self: &Arc<Self>) -> Result<(), String> {
        let me = Arc::clone(self);
        let all = self.exchanges.store.run_reading(move |tx| me.served(tx)).await;
        let mut looking = JoinSet::new();
        for served in all.map_err(|e| crate::error_chain::in_full(&e))? {
            looking.spawn(async move { agreement::guard(&served.site, &served.exchange).await.map(drop) });
        }
        let looked = looking.join_all().await;
        looked.into_iter().collect()
    }

    /// The draws that they are answered from.
    pub(super) fn draws(&self) -> &OpenDraws {
        &self.draws
    }

    /// What they run on.
    pub(super) fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TopicId, (i64, Option<Served>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics<dyn TextTopic> for ServedExchanges {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn TextTopic>>, StoreError> {
        Ok(self.served(tx)?.into_iter().map(|served| served.exchange as Arc<dyn TextTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn TextTopic>>, StoreError> {
        Ok(self.one(tx, id)?.map(|served| served.exchange as Arc<dyn TextTopic>))
    }
}

impl TextTopics for ServedExchanges {
    /// In the words of the file's exchange; otherwise in ours, for no other's organizer has a say in what strangers read.
    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        match &self.in_file {
            Some((_, served)) => served.exchange.courtesy(courtesy),
            None => {
                let name = self.exchanges.settings.site.name.clone().unwrap_or_default();
                stranger_words(&Exchange { name, ..Exchange::default() }, courtesy)
            }
        }
    }

    fn sealed_text(&self, tx: &Tx<'_>, text: &Text) -> Result<Option<(StoredText, bool)>, StoreError> {
        relays::heard(tx, &self.draws, Source::of(text))
    }

    fn owed(&self, tx: &Tx<'_>, text: &Text, again: bool, now: Timestamp) -> Result<Vec<String>, StoreError> {
        if self.exchanges.settings.messaging.rehearsal().is_some() {
            return Ok(Vec::new());
        }
        let rows = if again { tx.messages_read_with(&text.sid)? } else { tx.owed_messages()? };
        let mut owed = Vec::new();
        for row in rows {
            let Ok(Message::AddressNotice { number, at, phone: Some(phone), .. }) = Message::of(&row) else { continue };
            let Some(served) = self.one(tx, row.topic)?.filter(|_| phone == text.from) else { continue };
            let exchange = served.exchange.written();
            owed.push(outgoing::address_notice(exchange, number, local(exchange, at).date()));
            if !again {
                tx.message_read_with(row.id, &text.sid, now)?;
            }
        }
        Ok(owed)
    }

    fn count_sealed(&self, tx: &Tx<'_>, phone: &Phone, period: Period, now: Timestamp) -> Result<u32, StoreError> {
        relays::count(tx, &self.draws, phone.expose(), period, now)
    }
}

impl Topics<dyn MessageTopic> for ServedExchanges {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn MessageTopic>>, StoreError> {
        Ok(self.served(tx)?.into_iter().map(|served| served.messages as Arc<dyn MessageTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn MessageTopic>>, StoreError> {
        Ok(self.one(tx, id)?.map(|served| served.messages as Arc<dyn MessageTopic>))
    }
}
