//! The words of everything the tool says beyond answering the text in hand. Each is rendered at the moment of sending
//! and never stored.
//!
//! SMS come as plain text of at most [`MAX_SMS`] characters, e-mails as [`Mail`].

use jiff::civil::Date;

use crate::conversation::limits::MAX_SMS;
use crate::conversation::mail::{self, Mail};
use crate::conversation::spelling::{clean, shorten};
use crate::conversation::template::{Template, TemplateProblem};
use crate::conversation::wording::{Wording, WordingContext};
use crate::model::{Exchange, Person};

use super::outcome::View;
use super::rendering::{date, in_words, wishes_of};
use super::wording;

/// To the giver whose pairing the organizer has opened: opening `number`, on `day`, for `reason`.
pub fn opening_notice(exchange: &Exchange, number: u64, day: Date, reason: &str) -> String {
    let (number, day) = (number.to_string(), in_words(exchange, day));
    let reason = clean(reason);
    sms(&wording::OPENING_NOTICE.say(exchange, &[("number", &number), ("date", &day), ("reason", &reason)]))
}

/// To those who had asked before a new draw.
pub fn redraw_notice(exchange: &Exchange, reason: &str) -> String {
    sms(&wording::REDRAW_NOTICE.say(exchange, &[("reason", &clean(reason))]))
}

/// To an address that was somebody's until change `number`, made on `day`. Names nobody.
pub fn address_notice(exchange: &Exchange, number: u64, day: Date) -> String {
    let values = [("number", &*number.to_string()), ("date", &in_words(exchange, day))];
    sms(&wording::ADDRESS_NOTICE.say(exchange, &values))
}

/// To everybody, after these joined and those left.
pub fn update_notice(exchange: &Exchange, joined: &[String], left: &[String]) -> String {
    let part = |names: &[String], wording: Wording| {
        (!names.is_empty()).then(|| wording.say(exchange, &[("people", &names.join(", "))]))
    };
    let changes = part(joined, wording::JOINED).into_iter().chain(part(left, wording::LEFT));
    sms(&wording::UPDATE_NOTICE.say(exchange, &[("changes", &changes.collect::<Vec<_>>().join("; "))]))
}

/// What may stand in an announcement besides what may stand everywhere: names of whoever reads it.
const READERS_OWN: [&str; 2] = ["name", "first_name"];

/// Everything wrong with what the organizer would tell everybody.
pub fn check_announcement(text: &str) -> Vec<TemplateProblem> {
    Template::problems(text, &[&READERS_OWN, wording::EVERYWHERE].concat())
}

/// What the organizer tells everybody, as one of them reads it: with their own names in it, and nobody else's.
pub fn announcement(exchange: &Exchange, reader: &Person, text: &str) -> String {
    let own = |placeholder: &str| match placeholder {
        "name" => reader.name.clone(),
        "first_name" => reader.name.split_whitespace().next().unwrap_or_default().to_owned(),
        other => exchange.value_everywhere(other).unwrap_or_default(),
    };
    let filled =
        Template::parse(text, &[&READERS_OWN, wording::EVERYWHERE].concat()).map(|template| template.fill(own));
    wording::ANNOUNCEMENT.say(exchange, &[("text", filled.as_deref().unwrap_or(text))])
}

/// An answer with something behind it; `None` where both do not go into one message.
pub fn behind(answer: &str, more: &str) -> Option<String> {
    let both = format!("{answer}\n\n{more}");
    (both.chars().count() <= MAX_SMS).then_some(both)
}

/// A notice as an e-mail, for people without a phone.
pub fn notice_mail(exchange: &Exchange, notice: &str) -> Mail {
    mail::write_plain(exchange, wording::NOTICE_SUBJECT, notice)
}

/// The pairing by e-mail; `None` when the view has no person or no receiver.
pub fn pairing_mail(view: &View<'_>) -> Option<Mail> {
    let giver = view.exchange.people.get(view.me?.index())?;
    if view.receivers.is_empty() {
        return None;
    }
    let names = view.receivers.iter().map(|receiver| receiver.name).collect::<Vec<_>>().join(", ");
    let values = [
        ("giver", giver.name.as_str()),
        ("receiver", names.as_str()),
        ("wishes", &wishes_of(view.exchange, view.receivers)),
        ("budget", view.exchange.budget.as_deref().unwrap_or_default()),
        ("date", &date(view.exchange)),
        ("receipt", &view.receipts.join(", ")),
        ("fingerprint", view.fingerprint),
        ("link", view.link),
    ];
    Some(mail::write(view.exchange, wording::PAIRING_SUBJECT, wording::PAIRING_MAIL, &values, "receiver"))
}

/// The link to their own page, for somebody who asked for it there.
pub fn link_mail(exchange: &Exchange, giver: &str, link: &str) -> Mail {
    mail::write(exchange, wording::LINK_SUBJECT, wording::LINK_MAIL, &[("giver", giver), ("link", link)], "")
}

/// By SMS to somebody who has said neither BOUGHT nor SENT; `today` in the exchange's time zone.
pub fn reminder_sms(exchange: &Exchange, today: Date) -> String {
    sms(&wording::REMINDER.say(exchange, &[("when", &when(exchange, today)), ("date", &date(exchange))]))
}

/// By e-mail to somebody who has said neither BOUGHT nor SENT and was told by e-mail, or has not asked; `number` is where to text.
pub fn reminder_mail(exchange: &Exchange, person: &Person, today: Date, number: &str) -> Mail {
    let values = [
        ("giver", person.name.as_str()),
        ("when", &when(exchange, today)),
        ("date", &date(exchange)),
        ("number", number),
    ];
    let body = if person.is_mailed() { wording::REMINDER_TOLD_MAIL } else { wording::REMINDER_MAIL };
    mail::write(exchange, wording::REMINDER_SUBJECT, body, &values, "")
}

/// A question by SMS, to the receiver. Never says who asks.
pub fn question_sms(exchange: &Exchange, text: &str) -> String {
    sms(&wording::QUESTION.say(exchange, &[("text", text)]))
}

/// A question by e-mail, to the receiver. Never says who asks; `number` is where to text the answer, and left out for
/// a receiver who has no phone to text from; `link` leads to their own page, if they have one.
pub fn question_mail(exchange: &Exchange, receiver: &Person, text: &str, (number, link): (&str, &str)) -> Mail {
    let number = if receiver.phone.is_some() { number } else { "" };
    let values = [("receiver", receiver.name.as_str()), ("text", text), ("number", number), ("link", link)];
    mail::write(exchange, wording::QUESTION_SUBJECT, wording::QUESTION_MAIL, &values, "text")
}

/// A word by SMS, to the giver. Never says the receiver's name.
pub fn answer_sms(exchange: &Exchange, text: &str) -> String {
    sms(&wording::ANSWER.say(exchange, &[("text", text)]))
}

/// A word by e-mail, to the giver. Never says the receiver's name.
pub fn answer_mail(exchange: &Exchange, giver: &Person, text: &str) -> Mail {
    let values = [("giver", giver.name.as_str()), ("text", text)];
    mail::write(exchange, wording::ANSWER_SUBJECT, wording::ANSWER_MAIL, &values, "text")
}

/// To an asker whose receiver has opted out meanwhile; says no more than that.
pub fn no_answer(exchange: &Exchange) -> String {
    sms(&wording::NO_ANSWER.say(exchange, &[]))
}

/// An SMS with the intended person named in front, for `[messaging] override_to`.
pub fn overridden(exchange: &Exchange, intended: &str, body: &str) -> String {
    sms(&format!("{} {body}", wording::OVERRIDDEN.say(exchange, &[("person", intended)])))
}

/// An e-mail with the intended person named in front, for `[messaging] override_to`.
pub fn overridden_mail(exchange: &Exchange, intended: &str, mail: &Mail) -> Mail {
    mail::put_in_front(mail, &wording::OVERRIDDEN.say(exchange, &[("person", intended)]))
}

/// How far the day of the exchange is: `today`, `tomorrow`, `in 14 days`; `over` afterwards, `soon` without a day.
fn when(exchange: &Exchange, today: Date) -> String {
    let Some(day) = exchange.date else { return wording::WHEN_UNKNOWN.say(exchange, &[]) };
    match day.duration_since(today).as_hours() / 24 {
        ..=-1 => wording::WHEN_OVER.say(exchange, &[]),
        0 => wording::WHEN_TODAY.say(exchange, &[]),
        1 => wording::WHEN_TOMORROW.say(exchange, &[]),
        days => wording::WHEN_LATER.say(exchange, &[("days", &days.to_string())]),
    }
}

/// A text short enough for Twilio.
fn sms(text: &str) -> String {
    shorten(text, MAX_SMS)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Receiver;
    use super::*;
    use crate::conversation::exchange::family;
    use crate::messaging::length::{Encoding, measure};
    use crate::model::PersonIndex;

    const TODAY: Date = date(2026, 12, 10);

    // H7
    #[test]
    fn an_opening_is_told_to_the_giver_with_its_number_and_reason() {
        let notice = opening_notice(&family(), 3, TODAY, "Ada lost\nher phone");
        insta::assert_snapshot!(notice, @"The organizer has opened the sealed draw of Hill family 2026 to see who you have (opening 3, 10 December 2026). Reason given: Ada lost her phone");
    }

    // G4
    #[test]
    fn a_new_draw_is_told_with_its_reason() {
        let notice = redraw_notice(&family(), "Carl joined");
        insta::assert_snapshot!(notice, @"
        Hill family 2026 has been drawn again; the name you were told no longer holds. Reason given: Carl joined
        Text CHRISTMAS for the new one.
        ");
    }

    // G16
    #[test]
    fn an_announcement_knows_the_readers_own_names_and_no_others() {
        let exchange = family();
        let said =
            announcement(&exchange, &exchange.people[3], "{first_name} ({name}): text {keyword} for {exchange} {{}}.");
        assert_eq!(
            said,
            "Hill family 2026, from the organizer: Ada (Ada Dale): text CHRISTMAS for Hill family 2026 {}."
        );
        assert_eq!(check_announcement("{first_name}, {name}, {keyword}, {exchange}"), []);
        for secret in ["{receiver}", "{giver}", "{wishes}", "{receipt}"] {
            assert_eq!(check_announcement(secret).len(), 1, "{secret}");
        }
        let evil = Person { name: "{receiver} {keyword}".to_owned(), ..exchange.people[0].clone() };
        assert!(announcement(&exchange, &evil, "Hi {name}").ends_with("Hi {receiver} {keyword}"));
    }

    // H12
    #[test]
    fn a_reminder_says_how_far_the_day_is() {
        let on = |day| reminder_sms(&family(), day);
        assert!(on(TODAY).starts_with("Hill family 2026 is in 14 days (24 December 2026)."));
        assert!(on(date(2026, 12, 23)).contains("is tomorrow"));
        assert!(on(date(2026, 12, 24)).contains("is today"));
        assert!(on(date(2026, 12, 25)).contains("is over"));
    }

    // H10
    #[test]
    fn a_relayed_text_says_nothing_of_its_sender() {
        let exchange = family();
        let ben = &exchange.people[1];
        assert_eq!(
            question_sms(&exchange, "What {size} are you?"),
            "Whoever has you asks: What {size} are you?\nText TELL and your answer."
        );
        assert_eq!(answer_sms(&exchange, "42"), "From the person you have: 42");
        for mail in
            [question_mail(&exchange, ben, "Tea?", ("+44 20 7946 0000", "")), answer_mail(&exchange, ben, "Tea!")]
        {
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains("Ada") && !part.contains("Zo"), "{part}");
            }
        }
    }

    // H10
    #[test]
    fn only_who_has_a_phone_is_told_where_to_text_the_answer() {
        let mut exchange = family();
        let without = question_mail(&exchange, &exchange.people[1], "Tea?", ("+44 20 7946 0000", "")).text;
        assert!(!without.contains("TELL") && without.contains("Tea?"), "{without}");
        exchange.people[1].phone = crate::model::Phone::from_provider("+447700900123");
        let with = question_mail(&exchange, &exchange.people[1], "Tea?", ("+44 20 7946 0000", "")).text;
        assert!(with.contains("text TELL and your answer to +44 20 7946 0000."), "{with}");
    }

    // A4
    #[test]
    fn what_is_sent_by_sms_fits_one_or_two_segments_of_gsm7() {
        let exchange = family();
        let all = [
            opening_notice(&exchange, 3, TODAY, "Ada lost her phone"),
            redraw_notice(&exchange, "Carl joined"),
            reminder_sms(&exchange, TODAY),
            question_sms(&exchange, "What size are you?"),
            answer_sms(&exchange, "42"),
            no_answer(&exchange),
            overridden(&exchange, "Ada Hill", "Ben"),
        ];
        for text in all {
            let length = measure(&text);
            assert!(length.encoding == Encoding::Gsm7 && length.segments <= 2, "{length:?} {text}");
        }
        assert_eq!(question_sms(&exchange, &"q".repeat(1_500)).matches('q').count(), 1_500);
        assert!(opening_notice(&exchange, 1, TODAY, &"x".repeat(5_000)).chars().count() <= MAX_SMS);
    }

    // G10
    #[test]
    fn the_pairing_mail_reads_well() {
        let exchange = family();
        let wishes = ["wool socks".to_owned(), "a <b>book</b>".to_owned()];
        let receivers = [Receiver { name: "Ben O'Brien", wishes: &wishes }];
        let receipts = ["ABCD-EFGH".to_owned()];
        let view = View {
            me: Some(PersonIndex(0)),
            receivers: &receivers,
            receipts: &receipts,
            fingerprint: "JKMN-PQRS",
            ..View::stranger(&exchange)
        };
        let mail = pairing_mail(&view).expect("a giver with a receiver");
        insta::assert_snapshot!(format!("{}\n\n{}\n{}", mail.subject, mail.text, mail.html), @r#"
        Hill family 2026: who you have

        Hello Ada Hill,

        you have drawn

            Ben O'Brien

        Wishes: wool socks; a <b>book</b>

        The day: 24 December 2026

        The budget: 25 GBP

        Nobody else knows, the organizer included.

        Your receipt, should you ever need to prove what you were told: ABCD-EFGH
        The fingerprint of the whole draw: JKMN-PQRS

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Hill family 2026: who you have</title>
        </head>
        <body>
        <div style="max-width:34em;margin:0 auto;padding:1.5em;font:16px/1.5 sans-serif">
        <p dir="auto">Hello Ada Hill,</p>
        <p dir="auto">you have drawn</p>
        <p dir="auto" style="font-size:1.6em;font-weight:bold">Ben O&#39;Brien</p>
        <p dir="auto">Wishes: wool socks; a &lt;b&gt;book&lt;/b&gt;</p>
        <p dir="auto">The day: 24 December 2026</p>
        <p dir="auto">The budget: 25 GBP</p>
        <p dir="auto">Nobody else knows, the organizer included.</p>
        <p dir="auto">Your receipt, should you ever need to prove what you were told: ABCD-EFGH<br>
        The fingerprint of the whole draw: JKMN-PQRS</p>
        </div>
        </body>
        </html>
        "#);
        assert!(pairing_mail(&View { me: None, ..view }).is_none());
        assert!(pairing_mail(&View { receivers: &[], ..view }).is_none());
    }

    // G10
    #[test]
    fn a_paragraph_without_its_value_is_left_out() {
        let mut exchange = family();
        (exchange.budget, exchange.date) = (None, None);
        let receivers = [Receiver { name: "Ben", wishes: &[] }];
        let view = View { me: Some(PersonIndex(0)), receivers: &receivers, ..View::stranger(&exchange) };
        let mail = pairing_mail(&view).expect("a giver with a receiver");
        assert!(mail.text.starts_with("Hello Ada Hill,\n\nyou have drawn\n\n    Ben\n\nNobody else"), "{}", mail.text);
        assert!(!mail.text.contains("receipt"), "{}", mail.text);
    }

    // A6
    #[test]
    fn html_shows_every_name_literally_and_fetches_nothing() {
        let exchange = family();
        let evil = &exchange.people[2];
        let text = "O'Brien & <img src=x onerror=\"y\">\n</p>{receiver}\u{0}";
        for mail in [
            question_mail(&exchange, evil, text, ("+44 20 7946 0000", "")),
            answer_mail(&exchange, evil, text),
            reminder_mail(&exchange, evil, TODAY, "+44 20 7946 0000"),
            notice_mail(&exchange, text),
            overridden_mail(&exchange, "<b>Ada</b>", &notice_mail(&exchange, text)),
        ] {
            assert!(!mail.subject.contains(['\n', '\r']));
            for forbidden in ["<script", "<img", "<b>", "\0", "src=x onerror=\"", "http:", "https:", "url("] {
                assert!(!mail.html.contains(forbidden), "{forbidden} in {}", mail.html);
            }
        }
        let html = question_mail(&exchange, evil, text, ("", "")).html;
        assert!(html.contains("Zoë 🎄 &lt;script&gt;") && html.contains("O&#39;Brien &amp; &lt;img"), "{html}");
    }

    // D15
    #[test]
    fn an_overridden_message_names_whom_it_was_for() {
        let exchange = family();
        assert_eq!(overridden(&exchange, "Ada Hill", "Hello"), "[for Ada Hill] Hello");
        let mail = overridden_mail(&exchange, "Ada Hill", &notice_mail(&exchange, "Hello"));
        assert_eq!(mail.subject, "[for Ada Hill] Hill family 2026: please read");
        assert!(mail.text.starts_with("[for Ada Hill]\n\nHello") && mail.html.contains("<p>[for Ada Hill]</p>"));
    }
}
