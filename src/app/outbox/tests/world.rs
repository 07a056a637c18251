//! An exchange in a folder of its own, whose messages are queued by what queues them for everybody: texts, draws,
//! audits, the calendar. In the family Ada gives to Ben, Ben to Cy, Cy to Dee, Dee to Ada; Dee has no phone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use secrecy::SecretString;
use url::Url;

use super::super::book::Book;
use super::twilio::{ACCOUNT, TOKEN};
use crate::app::exchange::audit::{self, Wanted};
use crate::app::exchange::draw::{self, Request};
use crate::app::exchange::{ExchangeMessages, OpenDraws, ServedExchange, ServedExchanges};
use crate::app::exchanges::Exchanges;
use crate::app::outbox::{MessageTopic, Outbox, Pace};
use crate::app::responder::{Answer, Responder, Text};
use crate::app::site::Site;
use crate::clock::Clock;
use crate::messaging::pacing::Backoff;
use crate::messaging::sender::Sender;
use crate::messaging::smtp::Smtp;
use crate::messaging::twilio::{Credentials, Origin, Texting, Twilio};
use crate::model::{Email, PersonId, Phone, Settings, SmtpSecurity, SmtpSettings, TwilioSettings};
use crate::roster;
use crate::seal::By;
use crate::store::{NewPerson, OutboxId, OutboxRow, OutboxState, StoreError, StoredDraw, Telling, Tx};

pub(super) const ADA: &str = "Ada Hill";
pub(super) const BEN: &str = "Ben Hill";
pub(super) const CY: &str = "Cy Hill";
pub(super) const DEE: &str = "Dee Hill";

/// In a zone without summer time, so that no test depends on the season.
pub(super) const ZONE: &str = "Asia/Kolkata";

/// How long one request may take here: nothing waits for it unless an answer is held.
const REQUEST: Duration = Duration::from_secs(10);

/// Somebody of a roster: name, number of their phone, e-mail, behind which "!" stands for being told by it.
pub(super) type Member<'a> = (&'a str, Option<u32>, Option<&'a str>);

const FAMILY: [Member<'_>; 4] = [
    (ADA, Some(1), Some("ada@example.org")),
    (BEN, Some(2), None),
    (CY, Some(3), None),
    (DEE, None, Some("dee@example.org")),
];

/// Waits that only the calendar has to sit out; all together less than the clocks may differ in a lookup.
pub(in crate::app) fn quick() -> Pace {
    Pace {
        backoff: Backoff { first: Duration::from_millis(2), longest: Duration::from_millis(20), attempts: 8 },
        lease: Duration::from_secs(40),
        request: REQUEST + Duration::from_secs(2),
        look_again: Duration::from_secs(600),
        blocked: Duration::from_secs(600),
        certain_after: Duration::from_millis(5),
        ..Pace::default()
    }
}

pub(in crate::app) fn phone(number: u32) -> Phone {
    Phone::from_provider(&format!("+4477009{number:05}")).expect("a phone")
}

/// The number that texts come from.
pub(super) fn number() -> Phone {
    phone(99_999)
}

/// The phone of one of the family.
pub(super) fn phone_of(name: &str) -> Phone {
    let (_, number, _) = FAMILY.iter().find(|(member, ..)| *member == name).expect("one of the family");
    phone(number.expect("somebody with a phone"))
}

/// A roster in which everybody gives to the next and can give to nobody else.
pub(super) fn ring(people: &[Member<'_>], day: &str) -> String {
    let mut text = crowd(people, day);
    for (place, (giver, ..)) in people.iter().enumerate() {
        for (other, (receiver, ..)) in people.iter().enumerate() {
            if other != place && other != (place + 1) % people.len() {
                text += &format!("[[exclusions]]\ngiver = \"{giver}\"\nreceiver = \"{receiver}\"\n\n");
            }
        }
    }
    text
}

/// A roster in which anybody may give to anybody.
pub(super) fn crowd(people: &[Member<'_>], day: &str) -> String {
    let mut text = format!(
        "[exchange]\nname = \"Hill family\"\nkeyword = \"christmas\"\ndate = {day}\ntimezone = \"{ZONE}\"\n\n\
         [reminders]\nbefore = [\"14 days\", \"2 days\"]\n\n"
    );
    for (name, number, email) in people {
        text += &format!("[[people]]\nname = \"{name}\"\n");
        if let Some(number) = number {
            text += &format!("phone = \"{}\"\n", phone(*number).expose());
        }
        if let Some(email) = email {
            let (email, chosen) =
                email.strip_suffix('!').map_or((*email, ""), |email| (email, "deliver = \"email\"\n"));
            text += &format!("email = \"{email}\"\n{chosen}");
        }
        text += "\n";
    }
    text
}

/// A day of the exchange for which the last reminders are due now.
pub(super) fn soon() -> String {
    let zone = jiff::tz::TimeZone::get(ZONE).expect("a zone");
    let due = Clock::system().now().to_zoned(zone).checked_sub(10.hours()).expect("a time").date();
    due.checked_add(2.days()).expect("a day").to_string()
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) site: Site,
    pub(super) clock: Clock,
    responder: Responder,
}

impl World {
    /// The family, drawn, with the day of the exchange far away.
    pub(super) async fn new() -> Self {
        Self::of(&ring(&FAMILY, "2099-12-24")).await
    }

    /// People with phones 0, 1, 2 and so on, drawn, who have written; their last reminders are due.
    pub(super) async fn crowd(size: u32) -> Self {
        let names: Vec<String> = (0..size).map(|n| format!("Guest {n}")).collect();
        let people: Vec<Member<'_>> = names.iter().zip(0..).map(|(name, n)| (name.as_str(), Some(n), None)).collect();
        let world = Self::of(&crowd(&people, &soon())).await;
        for n in 0..size {
            world.text_from(&phone(n), "hello").await;
        }
        world
    }

    /// A roster, drawn.
    pub(super) async fn of(roster: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("exchange.toml"), roster).expect("written");
        let clock = Clock::system();
        let site = site_in(folder.path(), "exchange.toml", clock.clone());
        keep_rows_of_persons_distinct(&site);
        draw::draw(&site, Request::default()).await.expect("drawn");
        Self { folder, responder: responder(&site), site, clock }
    }

    /// The same with other settings for whoever answers.
    pub(super) fn answering(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut site = self.site.clone();
        change(Arc::make_mut(&mut site.settings));
        self.responder = responder(&site);
        self
    }

    /// A new draw of the same exchange.
    pub(super) async fn redraw(&self, reason: &str) {
        let request = Request { redraw: Some(reason.to_owned()), ..Request::default() };
        draw::draw(&self.site, request).await.expect("drawn");
    }

    /// The newest draw.
    pub(super) fn draw(&self) -> StoredDraw {
        let newest = self.read(|tx| tx.newest_draw(self.site.topic(tx)?.expect("entered").id));
        newest.expect("drawn")
    }

    /// Texts from somebody's phone; gives the words that come back.
    pub(super) async fn text(&self, name: &str, body: &str) -> Option<String> {
        let exchange = &self.site.exchange;
        let person = exchange.person(exchange.find(name).expect("somebody of the roster"));
        self.text_from(person.phone.as_ref().expect("somebody with a phone"), body).await
    }

    pub(super) async fn text_from(&self, phone: &Phone, body: &str) -> Option<String> {
        self.deliver(&format!("SM{:032x}", rand::random::<u128>()), phone, body).await
    }

    /// A text with an id of its own, which may have come before.
    pub(super) async fn deliver(&self, sid: &str, phone: &Phone, body: &str) -> Option<String> {
        let text = Text { sid: sid.to_owned(), from: phone.clone(), body: body.to_owned() };
        match self.responder.answer(text).await.expect("recorded") {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    /// Lets people write, so that they can be texted.
    pub(super) async fn have_written(&self, names: &[&str]) {
        for name in names {
            self.text(name, "hello").await.expect("an answer");
        }
    }

    /// Opens somebody's pairing; gives the notice to them.
    pub(super) async fn notice(&self, giver: &str, reason: &str) -> OutboxId {
        let wanted = Wanted { by: By::Giver, name: giver, draw: None };
        let found = audit::find(&self.site, wanted).await.expect("found");
        let opened = audit::open(&self.site, found, reason).await.expect("opened");
        assert_eq!(opened.len(), 1);
        let row = self.rows().pop().expect("a message");
        assert_eq!((row.kind.as_str(), self.name(row.recipient)), ("opening_notice", giver.to_owned()));
        row.id
    }

    /// An outbox on a connection of its own, as another process would have it, with the same calendar.
    pub(super) fn outbox(&self, sender: Sender) -> Arc<Outbox> {
        self.outbox_at(quick(), sender, |_| {})
    }

    pub(super) fn outbox_with(&self, sender: Sender, change: impl FnOnce(&mut Settings)) -> Arc<Outbox> {
        self.outbox_at(quick(), sender, change)
    }

    pub(super) fn outbox_at(&self, pace: Pace, sender: Sender, change: impl FnOnce(&mut Settings)) -> Arc<Outbox> {
        let mut site = site_in(self.folder.path(), "exchange.toml", self.clock.clone());
        change(Arc::make_mut(&mut site.settings));
        outbox_of(&[&site], sender, pace)
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.site.store.read(work).expect("a read")
    }

    pub(super) fn row(&self, id: OutboxId) -> OutboxRow {
        self.rows().into_iter().find(|row| row.id == id).expect("a row")
    }

    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone holds for one lifetime only")]
    pub(super) fn rows(&self) -> Vec<OutboxRow> {
        self.read(|tx| tx.messages())
    }

    /// How the relayed texts stand, as the key shows it, in no order.
    pub(super) fn relayed(&self) -> Vec<OutboxState> {
        let topic = ExchangeMessages::new(served(&self.site), &self.site.settings);
        self.read(|tx| Book::open(tx, &topic)).expect("the key").states()
    }

    /// The rows of a kind.
    pub(super) fn rows_of(&self, kind: &str) -> Vec<OutboxRow> {
        self.rows().into_iter().filter(|row| row.kind == kind).collect()
    }

    /// Who a row is for, by name.
    pub(super) fn name(&self, recipient: crate::store::Recipient) -> String {
        let crate::store::Recipient::Person(id) = recipient else { panic!("a role: {recipient:?}") };
        self.read(|tx| tx.person_name(id)).expect("a person")
    }

    /// Who has been told whom they give to in the newest draw.
    pub(super) fn tellings(&self) -> Vec<Telling> {
        let draw = self.draw().id;
        self.read(|tx| tx.tellings(draw))
    }

    /// Somebody's row.
    pub(super) fn id(&self, name: &str) -> PersonId {
        let place = self.site.exchange.find(name).expect("somebody of the roster");
        self.draw().people[place.index()]
    }

    pub(super) fn is_opted_out(&self, name: &str) -> bool {
        self.read(|tx| tx.is_opted_out(&phone_of(name)))
    }

    /// Puts the calendar forward to a time.
    pub(super) fn wait_until(&self, time: &str) {
        let time: Timestamp = time.parse().expect("a time");
        self.clock.advance(time.duration_since(self.clock.now()));
    }
}

fn responder(site: &Site) -> Responder {
    let topics = ServedExchanges::enter(Exchanges::around(site.clone())).expect("entered");
    Responder::start(site.store.clone(), Arc::new(topics), site.clock.clone(), true).0
}

/// The site of a roster in a folder. Texts come from a number, at whatever rate.
pub(in crate::app) fn site_in(folder: &Path, file: &str, clock: Clock) -> Site {
    let roster = roster::load(&folder.join(file)).unwrap_or_else(|e| panic!("{e:?}"));
    let mut site = Site::of_test(&roster, clock);
    Arc::make_mut(&mut site.settings).twilio = Some(TwilioSettings {
        from: Some(number()),
        messaging_service_sid: None,
        base_url: "https://api.twilio.com".parse().expect("an address"),
        per_second: 0.0,
    });
    site
}

/// Writes somebody of another exchange down far up, so that no number of those who follow is another one by chance.
fn keep_rows_of_persons_distinct(site: &Site) {
    let nobody = NewPerson { name: "Somebody Else", phone: None, email: None };
    let entered = site.store.write(|tx| tx.insert_persons(tx.enter_exchange("Club", "Club")?.id, &[nobody]));
    entered.expect("entered");
    assert_eq!(site.store.sql("UPDATE person SET id = 7300000"), 1);
    site.store.count_on();
}

pub(super) fn served(site: &Site) -> Arc<ServedExchange> {
    let draws = Arc::new(OpenDraws::new(Arc::clone(&site.keys)));
    Arc::new(site.store.write(|tx| ServedExchange::enter(tx, site, draws)).expect("entered"))
}

/// One outbox for these sites, with the database, settings and calendar of the first.
pub(super) fn outbox_of(sites: &[&Site], sender: Sender, pace: Pace) -> Arc<Outbox> {
    let topic = |site: &&Site| Arc::new(ExchangeMessages::new(served(site), &site.settings)) as Arc<dyn MessageTopic>;
    let topics: Vec<_> = sites.iter().map(topic).collect();
    let first = sites[0];
    Outbox::new(first.store.clone(), sender, Arc::new(topics), &first.settings, first.clock.clone(), pace)
}

/// Twilio at `base`, and nothing for e-mails.
pub(super) fn by_twilio(base: &Url) -> Sender {
    Sender::live(Some(texting(base)), None)
}

/// Twilio at `base`, and a mail server at `port`.
pub(in crate::app) fn by_both(base: &Url, port: u16) -> Sender {
    Sender::live(Some(texting(base)), Some(mailing(port)))
}

fn texting(base: &Url) -> Texting {
    let credentials = Credentials::new(ACCOUNT, SecretString::from(TOKEN)).expect("an account");
    let twilio = Twilio::with_timeout(base, credentials, REQUEST).expect("a client");
    let callback = "http://127.0.0.1:9/sms/status".parse().expect("an address");
    Texting::new(twilio, Origin::Number(number()), Some(callback))
}

pub(in crate::app) fn mailing(port: u16) -> Smtp {
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        user: None,
        from: Email::parse("xmas@example.org").expect("an address"),
    };
    Smtp::new(&settings, None).expect("a server")
}

/// Empties the outbox to the end; the calendar leaps over every claim and every pause.
pub(in crate::app) async fn finish(outbox: &Arc<Outbox>) {
    for _ in 0..1000 {
        outbox.drain(|_| {}).await.expect("a database");
        let Some(next) = outbox.next_look().await.expect("a database") else { return };
        outbox.clock.advance(next.duration_since(outbox.clock.now()));
    }
    panic!("the outbox does not empty");
}
