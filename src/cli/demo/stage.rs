//! What the demo sets up besides its exchange: an account that organizes a dinner, a reception and a list, made by the use
//! cases that the verbs call. The people are made up, and their numbers belong to nobody.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;

use super::Failure;
use crate::app::desk::hosts::{self, TypedHost};
use crate::app::desk::making::{self, TypedDesk};
use crate::app::desk::{self, DeskError};
use crate::app::event::{ActError, Events, Typed};
use crate::app::exchanges::Exchanges;
use crate::app::list::{self, NewList, sheet};
use crate::app::{accounts, contacts};
use crate::model::TopicId;
use crate::roster::render_all;
use crate::roster::subscribers_file::{self, Row};
use crate::store::Contact;
use crate::web::{Scene, Somebody, Stage};

/// Who organizes it all.
const EMAIL: &str = "host@example.org";

/// The page tells it to whoever looks.
const PASSWORD: &str = "nine friends, six seats";

const ZONE: &str = "Europe/London";

/// Who asks to dinner, who receives, and who writes to all.
pub(super) const SITE: &str = "The Hills";
const DESK: &str = "The Old Mill";
const SENDER: &str = "Mill Lane Allotments";

/// Who is asked to dinner, and where.
const GUESTS: [(&str, &str, &str); 9] = [
    ("Mina Patel", "07700 900201", ""),
    ("Oskar Lind", "07700 900202", ""),
    ("Ruth Abara", "07700 900203", ""),
    ("Paul Whitby", "", "paul@example.org"),
    ("Ines Duarte", "07700 900205", ""),
    ("Kit Larsen", "07700 900206", ""),
    ("Noor Haddad", "07700 900207", ""),
    ("Tom Okafor", "07700 900208", ""),
    ("Wanda Sokol", "07700 900209", ""),
];

/// Who receives visitors: name, phone, e-mail, room.
const HOSTS: [(&str, &str, &str, &str); 3] = [
    ("Imani Wells", "07700 900301", "imani@example.org", "Studio 1"),
    ("Leo Brandt", "07700 900302", "", "Workshop"),
    ("Sofia Reyes", "07700 900303", "", "Upstairs"),
];

/// Who may come to the reception, and who may sign up: their phones wait for it.
const VISITOR: (&str, &str, &str) = ("Vera Quist", "07700 900309", "vera@example.org");
const NEWCOMER: (&str, &str, &str) = ("Gwen Hale", "07700 900409", "gwen@example.org");

/// The people of the list, an example of such a file.
const SUBSCRIBERS: &str = include_str!("../../../examples/subscribers.csv");

/// Whose phones stand where.
type Cast = Vec<(Scene, Somebody)>;

/// Sets it all up in the site of a demo.
pub(super) async fn set(site: &Exchanges) -> Result<Stage, Failure> {
    let now = site.clock.now();
    let (email, link) = site.store.write(|tx| accounts::add(tx, EMAIL, now))?;
    accounts::set_password(site, link.expose_secret(), PASSWORD.into(), IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
    let mut cast = dinner(site)?;
    let (kiosk, at_the_desk) = reception(site)?;
    let (list, join, on_the_list) = list(site)?;
    cast.extend(at_the_desk);
    cast.extend(on_the_list);
    Ok(Stage { email, password: PASSWORD, kiosk, join, list, cast })
}

/// Nine friends and a dinner for six, in ten days; nobody is invited yet.
fn dinner(site: &Exchanges) -> Result<Cast, Failure> {
    let now = site.clock.now();
    let day = now.to_zoned(TimeZone::UTC).date().saturating_add(10.days());
    let typed = Typed {
        name: "Dinner for six".to_owned(),
        description: "Soup, bread, and whatever the garden has left.".to_owned(),
        place: "3 Mill Lane".to_owned(),
        starts_at: format!("{day} 19:00"),
        timezone: ZONE.to_owned(),
        seats: "6".to_owned(),
        ..Typed::default()
    };
    let made = site.store.write(|tx| {
        let reach = accounts::reach_of(tx, Some(EMAIL))?;
        Events::of(site).create(tx, reach, &typed)?;
        let guest = |(name, phone, email): (&str, &str, &str)| {
            let [name, phone, email] = [name, phone, email].map(str::to_owned);
            let typed = contacts::Typed { name, phone, email, ..contacts::Typed::default() };
            let contact = typed.read(site.country()).map_err(ActError::Faults)?;
            contacts::add(tx, reach, &contact, now)?;
            let quick = &["YES", "PROBABLY", "MAYBE", "NO"];
            let Contact { name, phone, email, .. } = contact;
            let empty = "Not invited yet.".to_owned();
            Ok((Scene::Dinner, Somebody { name, phone, email, partner: SITE, empty, quick }))
        };
        GUESTS.into_iter().map(guest).collect::<Result<Vec<_>, ActError>>()
    });
    Ok(made?)
}

/// A desk with three hosts; gives the link of its kiosk.
fn reception(site: &Exchanges) -> Result<(String, Cast), Failure> {
    let given = |text: &str| Some(text.to_owned());
    let desk =
        TypedDesk { name: given(DESK), address: given("1 Mill Lane"), timezone: given(ZONE), ..TypedDesk::default() };
    let made = site.store.write(|tx| {
        let owner = tx.keeper()?;
        let desk = making::make(tx, site, &desk, owner)?;
        for (name, phone, email, room) in HOSTS {
            let [name, phone, email, room] = [name, phone, email, room].map(given);
            hosts::put(tx, site, &desk, None, &TypedHost { name, phone, email, room })?;
        }
        let token = desk.kiosk_token(&desk::links(site))?;
        let hosts = tx.hosts(desk.id())?.into_iter().map(|host| Somebody {
            name: host.name,
            phone: Some(host.phone),
            email: host.email,
            partner: DESK,
            empty: "Nobody at the door.".to_owned(),
            quick: &["OK", "5", "NO"],
        });
        let cast = hosts.map(|host| (Scene::Reception, host)).collect::<Vec<_>>();
        Ok::<_, DeskError>((format!("/desk/{}/{token}", desk.stored.slug), cast))
    });
    let (kiosk, mut cast) = made?;
    cast.push((Scene::Reception, waiting(site, (VISITOR, DESK), "Not here yet. For the kiosk:", &[])?));
    Ok((kiosk, cast))
}

/// A list with five people on it; gives it, and its page.
fn list(site: &Exchanges) -> Result<(TopicId, String, Cast), Failure> {
    let new = NewList { name: "Allotment news".to_owned(), sender: SENDER.to_owned(), ..NewList::default() };
    let list = list::make(site, Some(EMAIL), &new)?;
    let file = "subscribers.csv";
    let (rows, _) = subscribers_file::read(SUBSCRIBERS.as_bytes(), Path::new(file), site.country())
        .map_err(|problems| Failure::error(render_all(&problems)))?;
    sheet::import(site, &list, (SUBSCRIBERS.as_bytes(), Path::new(file)), false)?;
    let quick = &["YES", "STOP", "START"];
    let subscriber = |row: Row| Somebody {
        name: format!("{} {}", row.first_name, row.last_name),
        phone: row.phone,
        email: row.email,
        partner: SENDER,
        empty: "Nothing has come yet.".to_owned(),
        quick,
    };
    let mut cast: Vec<_> = rows.into_iter().map(|row| (Scene::List, subscriber(row))).collect();
    cast.push((Scene::List, waiting(site, (NEWCOMER, SENDER), "Not on the list. For the sign-up page:", quick)?));
    Ok((list.id, format!("/join/{}", list.slug.unwrap_or_default()), cast))
}

/// Somebody who is not known yet, with the addresses to be typed.
fn waiting(
    site: &Exchanges,
    ((name, phone, email), partner): ((&str, &str, &str), &'static str),
    words: &str,
    quick: &'static [&'static str],
) -> Result<Somebody, Failure> {
    let [name, number, address] = [name, phone, email].map(str::to_owned);
    let typed = contacts::Typed { name, phone: number, email: address, ..contacts::Typed::default() };
    let Contact { name, phone: number, email: address, .. } = typed.read(site.country()).map_err(ActError::Faults)?;
    Ok(Somebody { name, phone: number, email: address, partner, empty: format!("{words} {phone}, {email}"), quick })
}
