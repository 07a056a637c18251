//! Who of the people of one phone is texting.

use crate::conversation::sharing::{addressed, named};

use super::Intent;

/// Finds out who of the people of one phone sent a text, and takes the name that told so out of the text: from
/// `WISH Ada: wool socks` remains `wool socks`.
///
/// One person alone is always meant. Among several, commands with a text of their own start with the name, for a name
/// further back may be part of the text; the others carry it anywhere. A full name beats a part of one; `None` when
/// nobody or more than one person is named.
pub fn speaker<P: Copy>(intent: &mut Intent, sharers: &[(P, &str)]) -> Option<P> {
    if let [(only, _)] = sharers {
        return Some(*only);
    }
    match intent {
        Intent::Wish(text) | Intent::Ask { text, .. } | Intent::Tell { text, .. } => {
            let (person, rest) = addressed(text, sharers)?;
            *text = rest.to_owned();
            Some(person)
        }
        Intent::Name { who, .. }
        | Intent::Wishes { who }
        | Intent::Unwish { who }
        | Intent::Report { who, .. }
        | Intent::Proof { who }
        | Intent::Link { who } => named(who.as_deref()?, sharers),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::{Vocabulary, understand};
    use crate::model::PersonIndex;

    const ADA: PersonIndex = PersonIndex(0);
    const BEA: PersonIndex = PersonIndex(1);
    const FAMILY: [(PersonIndex, &str); 2] = [(ADA, "Ada Hill"), (BEA, "Béa Hill")];

    fn who_texts(body: &str, sharers: &[(PersonIndex, &str)]) -> Option<PersonIndex> {
        speaker(&mut understand(body, &Vocabulary::new("christmas")), sharers)
    }

    // X18
    #[test]
    fn a_shared_phone_is_told_apart_by_the_name_and_never_by_the_first_match() {
        for (body, expected) in [
            ("CHRISTMAS Ada", Some(ADA)),
            ("christmas bea!", Some(BEA)),
            ("Bea: who?", Some(BEA)),
            ("CHRISTMAS Ada Hill", Some(ADA)),
            ("Merry christmas from Béa Hill", Some(BEA)),
            ("CHRISTMAS", None),
            ("CHRISTMAS Hill", None),
            ("CHRISTMAS Ada and Bea", None),
            ("CHRISTMAS Carl", None),
            ("PROOF Bea", Some(BEA)),
            ("BOUGHT Ada", Some(ADA)),
            ("UNWISH Bea 2", Some(BEA)),
            ("GOT Ada Hill", Some(ADA)),
        ] {
            assert_eq!(who_texts(body, &FAMILY), expected, "{body}");
        }
        assert_eq!(who_texts("CHRISTMAS Bea", &[(ADA, "Ada Hill")]), Some(ADA));
    }

    // X18
    #[test]
    fn a_name_within_a_longer_name_loses_to_it() {
        let people = [(ADA, "Ada"), (BEA, "Ada Hill")];
        assert_eq!(who_texts("CHRISTMAS Ada Hill", &people), Some(BEA));
        assert_eq!(who_texts("CHRISTMAS Ada", &people), Some(ADA));
    }

    // X18
    #[test]
    fn the_name_at_the_front_is_taken_out_of_the_text() {
        let mut intent = understand("WISH Ada: wool Socks", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), Some(ADA));
        assert_eq!(intent, Intent::Wish("wool Socks".to_owned()));

        let mut intent = understand("ASK! bea hill does Ada like tea?", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), Some(BEA));
        assert_eq!(intent, Intent::Ask { text: "does Ada like tea?".to_owned(), insist: true });

        let mut intent = understand("ASK does Ada like tea?", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), None);
    }
}
