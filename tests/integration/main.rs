//! Everything that needs real parts: servers, files, the built binary, a browser.
//! Try not to add here what a test beside the code could prove.

/// Accounts and tokens, from the command line to the page behind the link.
mod accounts;
/// The API, as its tour is printed.
mod api;
/// The archive against a real S3 server over HTTP, and in a folder.
mod archive;
/// The whole tool with its archive in a real S3 server.
mod archive_s3;
/// Openings: reason, confirmation, trace, and what tampering looks like.
mod audit;
/// Backups: killed while they are made, beside a listener, and from one engine to the other.
mod backup;
/// `docs/behaviours.md` against the ids that tests carry.
mod behaviours;
/// The ready-made board and its alarms.
mod board;
/// The address book: spreadsheets, and people forgotten.
mod contacts;
/// The container's files, as far as they can be held without an engine.
mod container;
/// The demo as a newcomer starts it.
mod demo;
/// The page of the simulated phones, in a real browser.
mod demo_page;
/// The first page of the demo, and the stories that it leads to.
mod demo_stories;
/// The front desk: the README's section, what the verbs refuse, the kiosk in a real browser.
mod desk;
/// The README and the pages of `docs/`: what they name is there.
mod documents;
/// What the verbs say besides their data, ask, and never overwrite.
mod door;
/// Drawing, drawing again, and being killed while drawing.
mod draw;
/// Earlier draws of the series, tampered with.
mod earlier;
/// The rosters of `examples/`.
mod event_pages;
mod events;
mod examples;
/// Several exchanges on one site: the file's and those kept in the database.
mod exchanges;
/// A folder that the first release left behind.
mod first_release;
/// The verbs' surface: exit codes, wrong usage, files that are not rosters.
mod front_door;
/// The entry points of `fuzz/`, over its corpus and inputs made from it.
mod fuzz;
/// What was acknowledged lasts.
mod lasting;
/// Lists and broadcasts: the README's section, the public pages.
mod lists;
/// E-mail over TLS, to a mail server with right and wrong certificates.
mod mail_tls;
/// `messages`: every text that people read.
mod messages;
/// Notices and e-mails, sent into files.
mod notices;
/// What goes out: by `send` and by the listener, to a local Twilio and a local mail server.
mod outbox;
/// A participant's own page, in a real browser.
mod own_page;
/// The organizers' pages, in a real browser.
mod pages;
/// People from spreadsheets, and changed in the roster file.
mod people;
/// Several processes on one folder at the same moment.
mod race;
/// A season rehearsed on its page.
mod rehearsal_page;
/// Drawing again from the sealed seed.
mod rerun;
/// From key and archive back to the same answers.
mod restore;
/// Nothing shows a pairing: every byte of every output searched.
mod secrecy;
/// The listener as Twilio meets it.
mod serve;
/// Texts beside thousands of slow connections.
mod slow;
/// Stopping the listener, gently and at once.
mod stop;
/// What the other modules stand on: the binary in a folder of its own, servers that speak the real protocols.
mod support;
/// What changed after the draw, brought in.
mod updates;
