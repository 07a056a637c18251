//! "Please stop texting me": what somebody writes who wants no more messages, in words of their own.
//!
//! A carrier's word alone is not looked at here, and none is guessed. Whoever is taken out by mistake hears nothing more,
//! whereas what is not understood is kept for the organizer to read: so a request counts only where its words stand together,
//! and none reaches past the end of its sentence.

use crate::conversation::spelling::{fold, split_words};

/// What stands for something that is sent.
const SENT: &str = "text texts texting message messages msg msgs sms mail mails email emails spam alerts updates reminders \
                    notifications newsletter newsletters subscription";

/// What else somebody may not want to be sent.
const THINGS: &str = "stuff things anything everything any";

/// What somebody does who sends something, and the same as it is asked of them.
const SENDING: &str = "texting messaging contacting emailing mailing spamming";
const SEND: &str = "text message contact email mail spam";

/// What may stand in front of what is sent.
const WHICH: &str = "me us sending getting receiving these this those all any of more the your";

/// What may stand in front of a request, and who else than those asked may be said to do a thing.
const IN_FRONT: &str =
    "please pls plz kindly just now and so to you ok okay hi hello hey must immediately or thanks no yes also said";
const TOLD: &str = "i we they he she it who you people will";

/// What may stand behind a request.
const BEHIND: &str = "please pls plz now thanks thank immediately again anymore any ever from here already";

/// All that stands beside STOP where it is said at length.
const AT_LENGTH: &str = "stop please pls plz now this it that all everything immediately already thanks thank you ok";

/// What may be pleaded for.
const PLEAS: &str = "quit end cease remove delete unsubscribe unregister";

/// What holds somebody's address.
const HOLDS: &str = "list lists database records system contacts texts messages group";

const DENIALS: &str = "dont not never didnt wont doesnt longer";

/// What makes a request one for some time alone.
const LIMITS: &str = "when while if until till before after unless during";

/// Whether a text asks in its own words for no more messages.
pub fn wants_out(body: &str) -> bool {
    // No text that comes by SMS is longer, and every word is looked at from every other.
    let folded = fold(&body[..body.floor_char_boundary(2_000)]).replace(['\'', '’'], "");
    let words: Vec<&str> = split_words(&folded).collect();
    if words.len() < 2 {
        return false;
    }
    let has = |word: &str| words.contains(&word);
    let at_length = has("stop") && words.iter().all(|word| is_one_of(word, AT_LENGTH)) && !folded.contains('?');
    let pleads = words.len() == 2 && has("please") && words.iter().any(|word| is_one_of(word, PLEAS));
    at_length
        || pleads
        || folded.split(['.', '?', '!', ',', ';', ':', '\n']).any(|sentence| {
            let words: Vec<&str> = split_words(sentence).collect();
            (0..words.len()).any(|at| is_request(&words[..at], words[at], &words[at + 1..]))
        })
}

/// Whether a request begins with a word of a sentence.
fn is_request(before: &[&str], word: &str, behind: &[&str]) -> bool {
    match word {
        "stop" | "quit" | "end" | "cease" => ends_sending(behind) && is_asked(before, is_to_me(behind)),
        "remove" | "delete" | "unregister" => takes_out(behind) && is_asked(before, false),
        "take" => takes_off(behind) && is_asked(before, false),
        "unsubscribe" => !is_denied(before, 3),
        "opt" => opts_out(behind) && !is_denied(before, 3),
        "leave" => matches!(behind, ["me" | "us", "alone", ..]) && !is_denied(before, 3),
        "no" => {
            matches!(behind, ["more", rest @ ..] if is_sent(rest))
                && before.last().is_none_or(|last| is_one_of(last, IN_FRONT) || is_one_of(last, "want send"))
        }
        "text" | "message" | "contact" | "email" | "mail" | "spam" | "send" => is_forbidden(before, word, behind),
        "want" | "wish" => is_unwanted(behind) && is_denied(before, 1),
        _ => false,
    }
}

/// Whether a word is one of these, which stand with a space between them.
fn is_one_of(word: &str, all: &str) -> bool {
    all.split(' ').any(|one| one == word)
}

fn is_denied(before: &[&str], within: usize) -> bool {
    before.iter().rev().take(within).any(|word| is_one_of(word, DENIALS))
}

/// Whether something is asked of the reader, and is not what somebody else does, or the stop of a bus.
fn is_asked(before: &[&str], is_to_me: bool) -> bool {
    let is_story = before.iter().any(|word| is_one_of(word, "did when if"));
    let asks = before.last().is_none_or(|last| is_one_of(last, IN_FRONT) || (is_to_me && !is_one_of(last, TOLD)));
    (asks && !is_story && !is_denied(before, 2)) || matches!(before, ["how", "do" | "can", "i"])
}

/// The first word behind those that only say which.
fn what<'a>(words: &[&'a str]) -> Option<&'a str> {
    words.iter().find(|word| !is_one_of(word, WHICH)).copied()
}

fn is_sent(words: &[&str]) -> bool {
    what(words).is_some_and(|word| is_one_of(word, SENT))
}

/// The same of what may be sent "me": anything there is, and "me more".
fn is_sent_me(words: &[&str]) -> bool {
    match what(words) {
        Some(word) => [SENT, THINGS, BEHIND].iter().any(|all| is_one_of(word, all)),
        None => matches!(words, ["me" | "us", ..]),
    }
}

fn is_to_me(behind: &[&str]) -> bool {
    matches!(behind, [sending, "me" | "us", ..] if is_one_of(sending, SENDING) || *sending == "sending")
}

/// Behind "stop": what is sent, or sending it.
fn ends_sending(behind: &[&str]) -> bool {
    match behind {
        ["sending", rest @ ..] => is_sent_me(rest),
        [sending, rest @ ..] if is_one_of(sending, SENDING) => match rest {
            [] | ["me" | "us", ..] | ["this" | "my", "number" | "phone", ..] => true,
            [next, ..] => is_one_of(next, BEHIND),
        },
        ["this"] => true,
        ["this", next, ..] if is_one_of(next, BEHIND) => true,
        _ => is_sent(behind),
    }
}

/// Oneself, or one's address; and what stands behind it.
fn oneself<'a, 'b>(behind: &'a [&'b str]) -> Option<&'a [&'b str]> {
    match behind {
        ["me" | "us", rest @ ..]
        | ["my" | "this", "phone" | "mobile" | "cell" | "email", "number" | "address", rest @ ..]
        | ["my" | "this", "number" | "phone" | "name" | "email" | "address" | "details" | "data", rest @ ..] => {
            Some(rest)
        }
        _ => None,
    }
}

fn is_of_holder(rest: &[&str]) -> bool {
    rest.iter().take(4).any(|word| is_one_of(word, HOLDS) || is_one_of(word, SENT))
}

/// Behind "remove".
fn takes_out(behind: &[&str]) -> bool {
    match oneself(behind) {
        Some([]) => true,
        Some(["from" | "off", rest @ ..]) => rest.is_empty() || is_of_holder(rest),
        Some([next, ..]) => is_one_of(next, BEHIND),
        None => false,
    }
}

/// Behind "take".
fn takes_off(behind: &[&str]) -> bool {
    match oneself(behind) {
        Some(["off"]) => true,
        Some(["off", next, ..]) if is_one_of(next, BEHIND) => true,
        Some(["off" | "out", rest @ ..]) => is_of_holder(rest),
        _ => false,
    }
}

/// Behind "opt": oneself at most, and then "out", of nothing else than what is sent.
fn opts_out(behind: &[&str]) -> bool {
    match oneself(behind).unwrap_or(behind) {
        ["out", "of" | "from", rest @ ..] => is_of_holder(rest) || matches!(rest, ["this" | "these" | "all"]),
        ["out", ..] => true,
        _ => false,
    }
}

/// "Do not text me", and nothing of "they do not text me".
fn is_forbidden(before: &[&str], word: &str, behind: &[&str]) -> bool {
    let before = match before {
        [before @ .., "call", "or"] => before,
        before => before,
    };
    let ([told @ .., "dont"] | [told @ .., "do" | "please", "not"] | [told @ .., "never"]) = before else {
        return false;
    };
    if told.last().is_some_and(|last| is_one_of(last, TOLD)) || behind.iter().any(|word| is_one_of(word, LIMITS)) {
        return false;
    }
    match behind {
        _ if word == "send" => is_sent_me(behind),
        [] => is_one_of(word, SEND),
        ["me" | "us"] | ["me" | "us", "at" | "on", "this" | "my" | "all", ..] => true,
        ["me" | "us", next, ..] => is_one_of(next, BEHIND),
        ["this" | "my", "number" | "phone", ..] => true,
        [next, ..] => is_one_of(next, BEHIND),
    }
}

/// Behind "I do not want": what is sent, getting it, or being written to.
fn is_unwanted(behind: &[&str]) -> bool {
    match behind {
        ["to", "get" | "receive" | "have", rest @ ..] => is_sent(rest),
        ["to", "be", done, ..] => is_one_of(done, "texted messaged contacted emailed"),
        ["to", "hear", "from", "you", ..] => true,
        _ => is_sent(behind),
    }
}
