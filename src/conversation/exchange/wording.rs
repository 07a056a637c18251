//! Every text that people read of a gift exchange, by the name under which it can be worded differently.
//!
//! The words that carriers filter ("gift", "free", "win", "prize") are left out of the texts for SMS, and so is every
//! character outside the GSM-7 alphabet, which would more than halve what fits into one message.

use crate::conversation::template::{Template, TemplateProblem};
use crate::conversation::wording::{self, Way, Wording, WordingContext, wordings};
use crate::model::Exchange;

/// What may stand in every text.
pub(super) const EVERYWHERE: &[&str] = &["keyword", "exchange"];

wordings! {
    everywhere EVERYWHERE;

    Sms {
        /// The keyword or WHO, in a question about somebody else
        NOT_YOURS = "not_yours" [] "You can only ask who you have yourself. Text {keyword} for that.";
        /// The keyword before the first draw
        NOT_DRAWN = "not_drawn" [] "The names are not drawn yet. Please text {keyword} again later.";
        /// The keyword while the sealed draw has no second copy yet
        NOT_READY = "not_ready" [] "The names are drawn but not ready yet. Please text {keyword} again in a few minutes.";
        /// A text from a phone that several people share, without a name in it
        WHICH_PERSON = "which_person" ["choices"] "Which of you is it? Please text {choices}";
        /// A text from a phone that is in several exchanges, without a word that says which it is about
        WHICH_EXCHANGE = "which_exchange" ["choices"] "Which one is it? Please text {choices}";
        /// WISH, kept
        WISH_ADDED = "wish_added" ["count"] "Noted. Your list has {count} now. Text WISHES to see it.";
        /// WISHES
        WISH_LIST = "wish_list" ["wishes"] "Your wishes:\n{wishes}";
        /// WISHES, with none on the list
        WISH_LIST_EMPTY = "wish_list_empty" [] "Your list is empty. Text WISH and what you would like, such as WISH warm socks.";
        /// WISH, with a full list
        WISH_LIST_FULL = "wish_list_full" ["count"] "Your list is full with {count}. Text UNWISH and a number to take one off.";
        /// WISH, too long
        WISH_TOO_LONG = "wish_too_long" ["most"] "That wish is too long to keep. Please say it in {most} characters.";
        /// UNWISH, done
        UNWISHED = "unwished" ["count"] "Taken off. Your list has {count} now.";
        /// UNWISH with a number or words that mean none on the list, or several
        NO_SUCH_WISH = "no_such_wish" ["count"] "Your list has {count}. Text WISHES to see the numbers, then UNWISH and one of them.";
        /// ASK, passed on
        ASKED = "asked" [] "Noted and passed on, without your name. The answer comes to this phone.";
        /// TELL, whatever becomes of it: a giver who cannot be reached would be easy to guess
        TOLD_GIVER = "told_giver" [] "Noted, and on its way to whoever has you.";
        /// ASK to somebody who has neither written nor an e-mail address
        RELAY_WAITS = "relay_waits" [] "Noted. They get it once they first text us.";
        /// ASK to somebody who has said STOP
        RELAY_UNREACHABLE = "relay_unreachable" [] "They cannot be reached here, so no answer is coming.";
        /// ASK or TELL with the sender's own name, phone or e-mail in it
        RELAY_HELD_BACK = "relay_held_back" ["command"] "Not passed on: it would tell who you are. If you mean it, send it again with {command}! in front.";
        /// ASK or TELL, too long
        RELAY_TOO_LONG = "relay_too_long" ["most"] "That is too long to pass on. Please say it in {most} characters.";
        /// ASK without a text
        ASK_UNFINISHED = "ask_unfinished" [] "Text ASK and your question, such as ASK What size are you?";
        /// TELL without a text
        TELL_UNFINISHED = "tell_unfinished" [] "Text TELL and your message to whoever has you, such as TELL Size 42.";
        /// "Done", which could be any of three
        REPORT_UNFINISHED = "report_unfinished" [] "Text BOUGHT when you have something, SENT when it is on its way, or GOT when yours has arrived.";
        /// BOUGHT
        REPORTED_BOUGHT = "reported_bought" [] "Noted: you have bought it. Text SENT once it is on its way.";
        /// SENT
        REPORTED_SENT = "reported_sent" [] "Noted: it is on its way.";
        /// GOT
        REPORTED_GOT = "reported_got" [] "Noted: yours has arrived. Enjoy it!";
        /// PROOF
        PROOF = "proof" ["receipt" "fingerprint" "openings" "told"] "Receipt: {receipt}\nFingerprint: {fingerprint}\nOpened so far: {openings}\nName last sent: {told}";
        /// LINK
        LINK = "link" ["link"] "Your own page, for you alone: {link}\nText LINK again for a new one; this one ends then.";
        /// LINK, where there are no pages
        NO_PAGE = "no_page" [] "There are no pages here. Text {keyword} to learn who you have, or MENU for everything else.";
        /// BUDGET
        BUDGET = "budget" ["budget"] "The budget: {budget}";
        /// BUDGET, with none in the roster
        NO_BUDGET = "no_budget" [] "No budget has been set.";
        /// WHEN or DATE
        DATE = "date" ["date"] "The day: {date}";
        /// WHEN or DATE, with none in the roster
        NO_DATE = "no_date" [] "No day has been set.";
        /// MENU or ?
        MENU = "menu" [] "{keyword}: who you have\nWISH socks, WISHES, UNWISH 2: your list\nASK + question: ask them anonymously\nTELL + message: answer your giver\nBOUGHT, SENT, GOT: tell us when done\nBUDGET, WHEN: how much, which day\nPROOF: has anybody looked?\nLINK: a page of your own";
        /// Anything else from a registered number
        NUDGE = "nudge" [] "Text {keyword} to learn who you have, or MENU for everything else.";
        /// Anything from an unknown number, at most once a day
        UNKNOWN_NUMBER = "unknown_number" [] "Hello! This number is not on our list. If it should be, please ask whoever told you about this.";
        /// The first text over the limit
        TOO_MANY = "too_many" [] "That is a lot of texts. Please try again later.";
        /// To the giver, when the organizer has opened their pairing; by SMS or e-mail
        OPENING_NOTICE = "opening_notice" ["number" "date" "reason"] "The organizer has opened the sealed draw of {exchange} to see who you have (opening {number}, {date}). Reason given: {reason}";
        /// To those who had asked, after a new draw; by SMS or e-mail
        REDRAW_NOTICE = "redraw_notice" ["reason"] "{exchange} has been drawn again; the name you were told no longer holds. Reason given: {reason}\nText {keyword} for the new one.";
        /// To an address that was somebody's before the organizer changed it; by SMS or e-mail, or in front of an answer
        ADDRESS_NOTICE = "address_notice" ["number" "date"] "{exchange}: the organizer has changed where one person is told the name they have. This was an address of theirs until now (change {number}, {date}). If nobody asked for that, ask the organizer why.";
        /// To everybody, after somebody joined or left; by SMS or e-mail
        UPDATE_NOTICE = "update_notice" ["changes"] "{exchange}: {changes}. There is a new draw with as few changes as fairness allows. Text {keyword} to hear who you have now; questions not passed on yet end with the old draw.";
        /// The keyword, after a new draw, when the name is the one they were last told
        STILL = "still" ["receiver"] "Still {receiver}.";
        /// The keyword, after a new draw, when it is another
        NOW_ANOTHER = "now_another" ["receiver" "before"] "It is now {receiver} (before: {before}).";
        /// What the organizer has announced, with the reader's own names put in; by SMS or e-mail, or behind an answer
        ANNOUNCEMENT = "announcement" ["text"] "{exchange}, from the organizer: {text}";
        /// By SMS to those who have said neither BOUGHT nor SENT
        REMINDER = "reminder" ["when" "date"] "{exchange} is {when} ({date}). Text BOUGHT when you have something, or ASK and a question if you need an idea.";
        /// A question by SMS, to the receiver
        QUESTION = "question" ["text"] "Whoever has you asks: {text}\nText TELL and your answer.";
        /// A word by SMS, to the giver
        ANSWER = "answer" ["text"] "From the person you have: {text}";
        /// To an asker whose question will stay without an answer
        NO_ANSWER = "no_answer" [] "No answer is coming to your question.";
    }

    Mail {
        /// Subject of the e-mail with the pairing
        PAIRING_SUBJECT = "pairing_subject" ["giver"] "{exchange}: who you have";
        /// E-mail with the pairing, to those who are told by e-mail
        PAIRING_MAIL = "pairing_mail" ["receiver" "giver" "wishes" "budget" "date" "receipt" "fingerprint" "link"] "Hello {giver},\n\nyou have drawn\n\n{receiver}\n\n{wishes}\n\nThe day: {date}\n\nThe budget: {budget}\n\nNobody else knows, the organizer included.\n\nYour receipt, should you ever need to prove what you were told: {receipt}\nThe fingerprint of the whole draw: {fingerprint}\n\nYour own page, for wishes and questions; it is for you alone, for it shows the name as well:\n{link}";
        /// Subject of the e-mail with the link to one's own page
        LINK_SUBJECT = "link_subject" ["giver"] "{exchange}: your own page";
        /// E-mail with that link, to whoever asked for one on a page
        LINK_MAIL = "link_mail" ["giver" "link"] "Hello {giver},\n\nyour own page in {exchange} is here:\n\n{link}\n\nIt is for you alone: it shows who you have. Links that you had before have ended.";
        /// Subject of a reminder by e-mail
        REMINDER_SUBJECT = "reminder_subject" ["when" "date"] "{exchange} is {when}";
        /// E-mail to those who have not asked
        REMINDER_MAIL = "reminder_mail" ["giver" "when" "date" "number"] "Hello {giver},\n\n{exchange} is {when} ({date}), and you have not looked yet who you have.\n\nText {keyword} to {number}: the answer comes at once, and nobody else sees it.";
        /// E-mail to those who were told by e-mail and have said neither BOUGHT nor SENT
        REMINDER_TOLD_MAIL = "reminder_told_mail" ["giver" "when" "date"] "Hello {giver},\n\n{exchange} is {when} ({date}).\n\nWho you have stands in an earlier e-mail. If it is lost, ask whoever organizes this to have it sent again; they do not see the name.";
        /// Subject of the e-mail with a question
        QUESTION_SUBJECT = "question_subject" [] "{exchange}: a question for you";
        /// E-mail with a question, to the receiver
        QUESTION_MAIL = "question_mail" ["receiver" "text" "number" "link"] "Hello {receiver},\n\nwhoever has you in {exchange} asks:\n\n{text}\n\nTo answer, text TELL and your answer to {number}.\n\nYou can answer on your own page, which is for you alone: {link}\n\nNeither of you sees the other's name or number.";
        /// Subject of the e-mail with a word from the receiver
        ANSWER_SUBJECT = "answer_subject" [] "{exchange}: an answer for you";
        /// E-mail with a word from the receiver
        ANSWER_MAIL = "answer_mail" ["giver" "text"] "Hello {giver},\n\nthe person you have in {exchange} says:\n\n{text}";
        /// Subject of a notice sent by e-mail
        NOTICE_SUBJECT = "notice_subject" [] "{exchange}: please read";
    }

    Part {
        /// Behind the default answer with the name: what they wish for
        WISHES_LINE = "wishes_line" ["wishes"] "Wishes: {wishes}";
        /// The same where somebody gives to several, one line for each
        WISHES_OF = "wishes_of" ["receiver" "wishes"] "{receiver}: {wishes}";
        /// {count}, of one
        ONE_WISH = "one_wish" [] "1 wish";
        /// {count}, of none or several
        MANY_WISHES = "many_wishes" ["number"] "{number} wishes";
        /// Between the {choices} of a shared phone
        OR = "or" [] "or";
        /// {openings} of PROOF, without one
        NEVER_OPENED = "never_opened" [] "never";
        /// {openings} of PROOF, after one
        OPENED_ONCE = "opened_once" [] "once";
        /// {openings} of PROOF, after several
        OPENED_OFTEN = "opened_often" ["number"] "{number} times";
        /// {changes} of an update: who joined
        JOINED = "joined" ["people"] "{people} joined";
        /// {changes} of an update: who left
        LEFT = "left" ["people"] "{people} left";
        /// Below PROOF, once there was more than one draw
        DRAWS = "draws" ["number"] "Drawn so far: {number} times";
        /// Below PROOF, once somebody's address was changed
        ADDRESS_CHANGES = "address_changes" ["number"] "Addresses changed so far: {number}";
        /// The same, when one of one's own was among them
        OWN_ADDRESS_CHANGES = "own_address_changes" ["number" "dates"] "Addresses changed so far: {number}, yours on {dates}";
        /// {told} of PROOF, by text
        TOLD_BY_TEXT = "told_by_text" ["date" "time"] "{date}, {time}, by text";
        /// {told} of PROOF, by e-mail
        TOLD_BY_MAIL = "told_by_mail" ["date" "time"] "{date}, {time}, by mail";
        /// {told} of PROOF, on one's own page
        TOLD_BY_PAGE = "told_by_page" ["date" "time"] "{date}, {time}, on your page";
        /// {told} of PROOF, before the first time
        NEVER_TOLD = "never_told" [] "never";
        /// {when}, on the day
        WHEN_TODAY = "when_today" [] "today";
        /// {when}, on the day before
        WHEN_TOMORROW = "when_tomorrow" [] "tomorrow";
        /// {when}, earlier
        WHEN_LATER = "when_later" ["days"] "in {days} days";
        /// {when}, afterwards
        WHEN_OVER = "when_over" [] "over";
        /// {when}, without a day in the roster
        WHEN_UNKNOWN = "when_unknown" [] "soon";
        /// {date}, and every other day in a text; {month} is the English name, {month_number} 1 to 12
        DAY = "day" ["day" "month" "month_number" "year"] "{day} {month} {year}";
        /// In front of every message while `[messaging] override_to` is set
        OVERRIDDEN = "overridden" ["person"] "[for {person}]";
    }
}

/// Everything wrong with an organizer's own text for one of [`WORDINGS`]: that there is none of that name (at offset 0), or
/// that it is not a sound template.
pub fn check_wording(name: &str, text: &str) -> Vec<TemplateProblem> {
    wording::check(WORDINGS, name, text)
}

/// What may stand in `[exchange] reply`.
pub(super) const REPLY_PLACEHOLDERS: [&str; 5] = ["receiver", "giver", "wishes", "budget", "date"];

/// Everything wrong with an organizer's own `[exchange] reply`.
pub fn check_reply(text: &str) -> Vec<TemplateProblem> {
    Template::problems(text, &REPLY_PLACEHOLDERS)
}

/// Whether a sound reply names the receiver at all.
pub fn reply_names_receiver(text: &str) -> bool {
    Template::parse(text, &REPLY_PLACEHOLDERS).is_ok_and(|reply| reply.values().any(|name| name == "receiver"))
}

impl WordingContext for Exchange {
    fn override_of(&self, name: &str) -> Option<&str> {
        self.messages.get(name).map(String::as_str)
    }

    fn value_everywhere(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "keyword" => Some(self.keyword.to_uppercase()),
            "exchange" => Some(self.name.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::family;

    #[test]
    fn every_default_is_sound_and_has_a_name_of_its_own() {
        for wording in WORDINGS {
            assert_eq!(check_wording(wording.name, wording.text), [], "{}", wording.name);
            assert_eq!(WORDINGS.iter().filter(|other| other.name == wording.name).count(), 1, "{}", wording.name);
            assert!(!wording.when.trim().is_empty());
        }
    }

    // X6
    #[test]
    fn an_override_is_used_and_an_unsound_one_is_not() {
        let mut exchange = family();
        exchange.messages.insert("nudge".to_owned(), "Try {keyword} at {exchange} {{x}}".to_owned());
        assert_eq!(NUDGE.say(&exchange, &[]), "Try CHRISTMAS at Hill family 2026 {x}");
        exchange.messages.insert("nudge".to_owned(), "Try {nothing}".to_owned());
        assert_eq!(NUDGE.say(&exchange, &[]), "Text CHRISTMAS to learn who you have, or MENU for everything else.");
    }

    // H20
    #[test]
    fn overrides_are_checked_by_name_and_by_placeholder() {
        assert_eq!(check_wording("menu", "{keyword}!"), []);
        let hint = |name| check_wording(name, "x").into_iter().next().and_then(|problem| problem.hint);
        assert_eq!(hint("nudges").as_deref(), Some("did you mean nudge?"));
        assert_eq!(hint("hello").as_deref(), Some("`xchange messages` lists them all"));
        let several = "did you mean question, question_subject or question_mail?";
        assert_eq!(hint("quest").as_deref(), Some(several));
        let misplaced = check_wording("menu", "Hi {receiver} }");
        let found: Vec<_> = misplaced.iter().map(|problem| (problem.offset, problem.message.as_str())).collect();
        assert_eq!(found, [(3, "unknown placeholder {receiver}"), (14, "this brace closes nothing")]);
    }
}
