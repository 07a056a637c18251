//! Twilio's two webhooks, signed and forged, answered and not.

use super::*;
use crate::model::TopicId;
use crate::store::{Attempt, Basis, Channel, NewMessage, OutboxId, OutboxRow, OutboxState, Recipient};

const SILENCE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";
const TOLD: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>You have Brunhilda.</Message></Response>";

// X14
#[test]
fn the_address_twilio_calls_is_the_public_one_and_its_path() {
    for (public, url) in [
        ("https://xmas.example.org", "https://xmas.example.org/sms"),
        ("https://example.org/hill/", "https://example.org/hill/sms"),
    ] {
        assert_eq!(signature::webhook_url(&public.parse().expect("a URL"), "/sms"), url);
    }
}

// H1, X4: both paths, each signed over its own URL
#[tokio::test]
async fn a_signed_text_is_answered_as_twiml() {
    let world = World::drawn().await;
    let router = world.router();
    for path in ["/sms", "/", "/sms?from=console"] {
        let (status, head, body) = ask(&router, signed(path, &TEXT)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(head[header::CONTENT_TYPE], "application/xml");
        assert_eq!(body, TOLD, "{path}");
    }
    let (status, _, body) = ask(&router, signed("/sms", &text(&sid(2), "STOP"))).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, SILENCE));
}

// H1
#[tokio::test]
async fn a_forged_webhook_learns_nothing() {
    let world = World::drawn().await;
    let router = world.router();
    let right = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &TEXT);
    let other_token = signature::sign(&"another".into(), &format!("{PUBLIC}/sms"), &TEXT);
    let other_path = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms/status"), &TEXT);
    let other_body = form(&TEXT).replace("900001", "900002");
    for (path, body, signature) in [
        ("/sms", form(&TEXT), ""),
        ("/sms", form(&TEXT), other_token.as_str()),
        ("/sms", form(&TEXT), other_path.as_str()),
        ("/sms", other_body, right.as_str()),
        ("/", form(&TEXT), right.as_str()),
        ("/sms?x=1", form(&TEXT), right.as_str()),
        ("/sms/status", form(&TEXT), right.as_str()),
        ("/sms", "Body=%ff".to_owned(), ""),
        ("/sms", String::new(), ""),
    ] {
        let (status, _, answer) = ask(&router, unsigned(path, body.clone(), signature)).await;
        assert_eq!((status, answer.as_str()), (StatusCode::FORBIDDEN, "not signed by Twilio\n"), "{path} {body}");
    }
    let mut twice = signed("/sms", &TEXT);
    twice.headers_mut().append(signature::HEADER, "AAAA".parse().expect("a value"));
    assert_eq!(ask(&router, twice).await.0, StatusCode::FORBIDDEN);
    let mut none = signed("/sms", &TEXT);
    none.headers_mut().remove(signature::HEADER);
    assert_eq!(ask(&router, none).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.site.store.read(|tx| tx.text(&sid(1), &phone(1))).expect("a read"), None, "nor is it heard");
}

// H1: without a token nobody comes in
#[tokio::test]
async fn without_a_token_everything_is_refused() {
    let world = World::drawn().await;
    let mut listener = world.listener();
    listener.auth_tokens.clear();
    assert_eq!(ask(&router(listener), signed("/sms", &TEXT)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_before_anything_is_checked() {
    let world = World::new();
    let router = world.router();
    let over = unsigned("/sms", "x".repeat(BODY_LIMIT + 1), "");
    assert_eq!(ask(&router, over).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let just = unsigned("/sms", "x".repeat(BODY_LIMIT), "");
    assert_eq!(ask(&router, just).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_without_its_fields_is_malformed() {
    let world = World::new();
    let router = world.router();
    for missing in ["MessageSid", "From", "Body"] {
        let fields: Vec<_> = TEXT.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_eq!(ask(&router, signed("/sms", &fields)).await.0, StatusCode::BAD_REQUEST, "{missing}");
    }
    assert_eq!(ask(&router, signed("/sms", &text("", "hi"))).await.0, StatusCode::BAD_REQUEST);
    let fields = [(b"MessageSid".as_slice(), SID.as_bytes()), (b"From", b"+447700900001"), (b"Body", b"\xff\xfe")];
    let signature = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &fields);
    let not_utf8 = unsigned("/sms", format!("MessageSid={SID}&From=%2B447700900001&Body=%ff%fe"), &signature);
    assert_eq!(ask(&router, not_utf8).await.0, StatusCode::BAD_REQUEST);
}

/// A text as Twilio sends it, from the stranger who wants to be Ada.
fn strangers<'a>(sid: &'a str, body: &'a str) -> [(&'a str, &'a str); 9] {
    [
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("Body", body),
        ("From", "+447700900009"),
        ("FromCity", "LONDON"),
        ("MessageSid", sid),
        ("NumMedia", "0"),
        ("SmsMessageSid", sid),
        ("SmsStatus", "received"),
        ("To", TEXT[2].1),
    ]
}

// H1: a signature covers names and values with nothing between them
#[tokio::test]
async fn a_signature_fits_the_fields_that_twilio_wrote_and_no_others() {
    let world = World::drawn().await;
    let router = world.router();
    let own = |body: &str| strangers(SID, body).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (ada, ours) = (TEXT[1].1, TEXT[2].1);
    // The words are cut into a sender, and what follows goes into a city and an id.
    let simple = format!("christmasFrom{ada}FromCity");
    let mut swallowed = own("christmas").to_vec();
    let rest =
        format!("From+447700900009FromCityLONDONMessageSid{SID}NumMedia0SmsMessageSid{SID}SmsStatusreceivedTo{ours}");
    swallowed.truncate(2);
    let mut cut = swallowed.clone();
    cut.extend([("From".to_owned(), ada.to_owned()), ("FromCity".to_owned(), rest.clone())]);
    // The words bring an id and a number of their own along, and what follows goes anywhere.
    let full = format!("christmasFrom{ada}MessageSid{}To{ours}Z", sid(9));
    let mut whole = swallowed;
    whole.extend([("From", ada), ("MessageSid", &sid(9)), ("To", ours)].map(|(n, v)| (n.to_owned(), v.to_owned())));
    let (mess, age) = rest.split_once("ageSid").expect("an id");
    let (sms, other) = age.split_once("ageSid").expect("another");
    let mut pieces = whole.clone();
    pieces.extend([(format!("Z{mess}"), String::new()), (format!("ageSid{sms}ageSid{other}"), String::new())]);
    whole.push(("Z".to_owned(), rest));
    for (body, fields) in [(simple, cut), (full.clone(), whole), (full, pieces)] {
        let captured = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &own(&body));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let again = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &fields);
        assert_eq!(captured, again, "Twilio's own signature: {fields:?}");
        let (status, _, answer) = ask(&router, unsigned("/sms", form(&fields), &captured)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
    for odd in ["SM1", "SM0000000000000000000000000000000G", "XX00000000000000000000000000000001"] {
        assert_eq!(ask(&router, signed("/sms", &text(odd, "christmas"))).await.0, StatusCode::BAD_REQUEST, "{odd}");
    }
    let twice = [TEXT.as_slice(), &[("Body", "menu")]].concat();
    assert_eq!(ask(&router, signed("/sms", &twice)).await.0, StatusCode::BAD_REQUEST, "two texts in one");
    // The whole of it as it was written is a text like any other, whatever its words.
    let words = format!("is MessageSid{SID} yours? From{ada}");
    assert_eq!(ask(&router, signed("/sms", &strangers(&sid(3), &words))).await.0, StatusCode::OK);
}

// H1
#[tokio::test]
async fn a_text_to_another_number_than_ours_is_refused() {
    let mut world = World::drawn().await;
    let twilio = format!("{ROSTER}[twilio]\nfrom = \"{}\"\n", TEXT[2].1);
    let roster = crate::roster::parse(&twilio, &world.folder.path().join("exchange.toml")).expect("a sound roster");
    world.site.settings = Arc::new(roster.settings);
    let router = world.router();
    assert_eq!(ask(&router, signed("/sms", &TEXT)).await.0, StatusCode::OK);
    for to in [Some("+447700900005"), Some("whatsapp:+447700900000"), None] {
        let fields: Vec<_> =
            TEXT.into_iter().filter(|(name, _)| *name != "To").chain(to.map(|to| ("To", to))).collect();
        assert_eq!(ask(&router, signed("/sms", &fields)).await.0, StatusCode::BAD_REQUEST, "{to:?}");
    }
}

#[tokio::test]
async fn an_empty_text_an_old_id_and_a_sender_without_a_number_are_no_errors() {
    let world = World::drawn().await;
    let router = world.router();
    let (status, _, body) = ask(&router, signed("/sms", &[("SmsSid", SID), TEXT[1], ("Body", "")])).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("<Message>Text CHRISTMAS"), "{body}");
    for sender in ["whatsapp:+447700900001", "HillFamily", ""] {
        let (status, _, body) = ask(&router, signed("/sms", &[TEXT[0], ("From", sender), TEXT[3]])).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, SILENCE), "{sender}");
    }
}

// H15: what could not be recorded is not acknowledged, and is answered when it comes again
#[tokio::test]
async fn a_text_that_could_not_be_recorded_is_asked_for_again() {
    let world = World::drawn().await;
    let router = world.router();
    world.lose("text");
    let (status, head, body) = ask(&router, signed("/sms", &TEXT)).await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not now\n"));
    assert_eq!(head[header::RETRY_AFTER], "2");
    world.find("text");
    assert_eq!(ask(&router, signed("/sms", &TEXT)).await.2, TOLD);
}

// H15
#[tokio::test]
async fn a_database_that_hangs_does_not_hold_twilio_up() {
    let world = World::drawn().await;
    let router = routes(world.listener(), SOON);
    let lock = world.lock();
    let (status, head, _) = ask(&router, signed("/sms", &TEXT)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(head.contains_key(header::RETRY_AFTER));
    drop(lock);
    assert_eq!(ask(&world.router(), signed("/sms", &TEXT)).await.2, TOLD, "once it goes on");
}

impl World {
    fn topic(&self) -> TopicId {
        self.site.store.read(|tx| self.site.topic(tx)).expect("a read").expect("drawn").id
    }

    /// A message to Ada that Twilio took under this id.
    fn sent(&self, sid: &str) -> OutboxId {
        let (topic, now) = (self.topic(), self.site.clock.now());
        let sent = self.site.store.write(|tx| {
            let ada = tx.persons(topic, |id, _, _, _| id)?[0];
            let id = tx.enqueue(&NewMessage {
                cause: sid,
                topic,
                basis: Basis::Wrote,
                kind: "plain",
                parameters: "{}",
                draw: None,
                recipient: Recipient::Person(ada),
                channel: Channel::Sms,
                at: now,
                due: now,
                not_after: None,
            })?;
            let id = id.expect("a new cause");
            tx.claim_message(id, ("a worker", false), now, now)?;
            tx.record_attempt(id, "a worker", &Attempt::Sent { provider_id: Some(sid.to_owned()) }, now)?;
            Ok::<_, crate::store::StoreError>(id)
        });
        sent.expect("a write")
    }

    fn message(&self, id: OutboxId) -> OutboxRow {
        let topic = self.topic();
        self.site.store.read(|tx| tx.message(topic, id)).expect("a read").expect("a row")
    }

    fn is_opted_out(&self, phone: &Phone) -> bool {
        self.site.store.read(|tx| tx.is_opted_out(phone)).expect("a read")
    }
}

// H3
#[tokio::test]
async fn delivery_statuses_are_recorded() {
    let world = World::drawn().await;
    let router = world.router();
    let (refused, arrived) = (world.sent(&sid(7)), world.sent(&sid(8)));
    let under_way = [("MessageSid", &*sid(7)), ("MessageStatus", "sent")];
    assert_eq!(ask(&router, signed("/sms/status", &under_way)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.message(refused).state, OutboxState::Sent);
    let fields =
        [("MessageSid", &*sid(7)), ("MessageStatus", "undelivered"), ("ErrorCode", "21610"), ("To", "+447700900001")];
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::NO_CONTENT);
    let row = world.message(refused);
    assert_eq!((row.state, row.provider_code), (OutboxState::Failed, Some(21610)));
    assert!(world.is_opted_out(&phone(1)) && !world.is_opted_out(&phone(2)));
    let fields = [("SmsSid", &*sid(8)), ("SmsStatus", "delivered"), ("ErrorCode", ""), ("To", "client:ada")];
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::NO_CONTENT);
    let row = world.message(arrived);
    assert_eq!((row.state, row.provider_code), (OutboxState::Delivered, None));
}

// H1, H15: what cannot be recorded is not acknowledged
#[tokio::test]
async fn a_delivery_status_is_checked_and_one_not_recorded_is_asked_for_again() {
    let world = World::drawn().await;
    let router = world.router();
    let id = world.sent(&sid(7));
    let fields = [("MessageSid", &*sid(7)), ("MessageStatus", "delivered")];
    assert_eq!(ask(&router, signed("/sms/status", &fields[..1])).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&router, unsigned("/sms/status", form(&fields), "")).await.0, StatusCode::FORBIDDEN);
    world.lose("outbox");
    let (status, head, _) = ask(&router, signed("/sms/status", &fields)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(head.contains_key(header::RETRY_AFTER));
    world.find("outbox");
    assert_eq!(world.message(id).state, OutboxState::Sent);
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.message(id).state, OutboxState::Delivered);
}
