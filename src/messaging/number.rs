//! Connects a Twilio number to the listener: sets the address Twilio calls for its incoming texts.
//!
//! Two requests of the `IncomingPhoneNumber` resource
//! (<https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource>): find it by its number, then set
//! `SmsUrl` and `SmsMethod`.

use serde::Deserialize;

use super::twilio::{Credentials, Twilio, TwilioError};
use crate::model::{Phone, TwilioSettings};

/// Why the number does not call the listener now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The settings name a messaging service, or nothing.
    #[error("the settings name no Twilio number")]
    NoNumber,
    /// The account has other numbers.
    #[error("the Twilio account has no number {number}")]
    NotOwned {
        /// The number, printed masked.
        number: Phone,
    },
    /// A `TwiML` application is in charge of the number's texts; its own address would win over the number's.
    #[error("the texts of {number} are answered by the TwiML application {application}")]
    Application {
        /// The number, printed masked.
        number: Phone,
        /// The application (`AP...`).
        application: String,
    },
    /// Twilio took the change and shows another address.
    #[error("twilio accepted the change, but {number} still calls another address")]
    NotChanged {
        /// The number, printed masked.
        number: Phone,
    },
    /// Twilio did not do as asked.
    #[error(transparent)]
    Twilio(#[from] TwilioError),
}

/// A number that calls the listener now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The number, printed masked.
    pub number: Phone,
    /// Twilio's id of the number (`PN...`).
    pub sid: String,
    /// What it called before, if anything.
    pub previous_url: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    incoming_phone_numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    sid: String,
    phone_number: String,
    #[serde(default)]
    sms_url: Option<String>,
    #[serde(default)]
    sms_method: Option<String>,
    #[serde(default)]
    sms_application_sid: Option<String>,
}

/// Makes the number of the settings call `sms_url` for every incoming text. Changes nothing when it does already.
///
/// # Errors
/// [`NumberError`]; then nothing has been changed, unless Twilio's answer to the change itself got lost.
pub async fn connect(
    settings: &TwilioSettings,
    credentials: Credentials,
    sms_url: &str,
) -> Result<Connected, NumberError> {
    let number = settings.from.clone().ok_or(NumberError::NoNumber)?;
    let twilio = Twilio::new(&settings.base_url, credentials)?;
    // The filter also finds numbers that merely contain this one.
    let page: Page = twilio.get("IncomingPhoneNumbers.json", &[("PhoneNumber", number.expose())]).await?;
    let mut owned = page.incoming_phone_numbers.into_iter();
    let Some(found) = owned.find(|found| found.phone_number == number.expose()) else {
        return Err(NumberError::NotOwned { number });
    };
    if let Some(application) = found.sms_application_sid.filter(|sid| !sid.is_empty()) {
        return Err(NumberError::Application { number, application });
    }
    let is_set = |url: Option<&str>, method: Option<&str>| url == Some(sms_url) && method == Some("POST");
    if !is_set(found.sms_url.as_deref(), found.sms_method.as_deref()) {
        let resource = format!("IncomingPhoneNumbers/{}.json", found.sid);
        let changed: Number = twilio.post_form(&resource, &[("SmsUrl", sms_url), ("SmsMethod", "POST")]).await?;
        if !is_set(changed.sms_url.as_deref(), changed.sms_method.as_deref()) {
            return Err(NumberError::NotChanged { number });
        }
    }
    Ok(Connected { number, sid: found.sid, previous_url: found.sms_url.filter(|url| !url.is_empty()) })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use axum::extract::{Form, Path, Query, State};
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::{IntoResponse, Response};
    use axum::routing::{get, post};
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use url::Url;

    use super::*;

    const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
    const SID: &str = "PN0123456789abcdef0123456789abcdef";
    const URL: &str = "https://xmas.example.org/sms";

    type Fields = HashMap<String, String>;

    /// Twilio's side: the number as it stands, and every change that was asked for.
    #[derive(Clone)]
    struct Account {
        number: Arc<Mutex<Value>>,
        changes: Arc<Mutex<Vec<Fields>>>,
        refusal: Option<(StatusCode, Value)>,
        deaf: bool,
    }

    fn account(number: Value) -> Account {
        Account { number: Arc::new(Mutex::new(number)), changes: Arc::default(), refusal: None, deaf: false }
    }

    fn number(phone: &str, url: &str) -> Value {
        json!({ "sid": SID, "phone_number": phone, "sms_url": url, "sms_method": "POST", "sms_application_sid": "" })
    }

    async fn list(State(account): State<Account>, Query(query): Query<Fields>, headers: HeaderMap) -> Response {
        if let Some((status, body)) = account.refusal {
            return (status, Json(body)).into_response();
        }
        let authorization = data_encoding::BASE64.encode(format!("{ACCOUNT}:token").as_bytes());
        assert_eq!(headers["authorization"], format!("Basic {authorization}"));
        assert_eq!(query.get("PhoneNumber").map(String::as_str), Some("+447700900000"));
        let number = account.number.lock().expect("unpoisoned").clone();
        Json(json!({ "incoming_phone_numbers": [{ "sid": "PN9", "phone_number": "+4477009000001" }, number] }))
            .into_response()
    }

    async fn change(
        State(account): State<Account>,
        Path(resource): Path<String>,
        Form(fields): Form<Fields>,
    ) -> Json<Value> {
        assert_eq!(resource, format!("{SID}.json"));
        let mut number = account.number.lock().expect("unpoisoned");
        if !account.deaf {
            number["sms_url"] = json!(fields["SmsUrl"]);
            number["sms_method"] = json!(fields["SmsMethod"]);
        }
        account.changes.lock().expect("unpoisoned").push(fields);
        Json(number.clone())
    }

    async fn connect_to(account: &Account) -> Result<Connected, NumberError> {
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", tcp.local_addr().expect("an address")).parse().expect("a URL");
        let routes = Router::new()
            .route(&format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json"), get(list))
            .route(&format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers/{{resource}}"), post(change))
            .with_state(account.clone());
        tokio::spawn(async move { axum::serve(tcp, routes).await });
        let credentials = Credentials::new(ACCOUNT, "token".into()).expect("a sound account");
        connect(&settings(base_url, Phone::from_provider("+447700900000")), credentials, URL).await
    }

    fn settings(base_url: Url, from: Option<Phone>) -> TwilioSettings {
        TwilioSettings { from, messaging_service_sid: None, base_url, per_second: 1.0 }
    }

    // X15
    #[tokio::test]
    async fn the_number_calls_the_listener() {
        let account = account(number("+447700900000", "https://demo.twilio.com/welcome/sms/reply"));
        let connected = connect_to(&account).await.expect("connected");
        assert_eq!(connected.sid, SID);
        assert_eq!(connected.previous_url.as_deref(), Some("https://demo.twilio.com/welcome/sms/reply"));
        let expected = Fields::from([("SmsUrl".into(), URL.into()), ("SmsMethod".into(), "POST".into())]);
        assert_eq!(*account.changes.lock().expect("unpoisoned"), [expected], "these two fields and no other");

        let again = connect_to(&account).await.expect("connected");
        assert_eq!(again.previous_url.as_deref(), Some(URL));
        assert_eq!(account.changes.lock().expect("unpoisoned").len(), 1, "nothing left to change");
    }

    // X15, X11
    #[tokio::test]
    async fn what_is_wrong_is_said_and_nothing_is_changed() {
        let other = account(number("+447700900001", ""));
        let error = connect_to(&other).await.expect_err("not owned");
        assert_eq!(error.to_string(), "the Twilio account has no number +44…00");

        let governed = account(number("+447700900000", ""));
        governed.number.lock().expect("unpoisoned")["sms_application_sid"] = json!("AP1");
        let error = connect_to(&governed).await.expect_err("an application");
        assert_eq!(error.to_string(), "the texts of +44…00 are answered by the TwiML application AP1");

        let mut refusing = account(number("+447700900000", ""));
        let words = json!({ "code": 20003, "message": "Authenticate", "status": 401 });
        refusing.refusal = Some((StatusCode::UNAUTHORIZED, words));
        let error = connect_to(&refusing).await.expect_err("refused");
        assert_eq!(error.to_string(), "twilio refused the request with status 401, code 20003: Authenticate");
        for account in [&other, &governed, &refusing] {
            assert!(account.changes.lock().expect("unpoisoned").is_empty());
        }

        let mut deaf = account(number("+447700900000", ""));
        deaf.deaf = true;
        assert!(matches!(connect_to(&deaf).await, Err(NumberError::NotChanged { .. })));

        let credentials = Credentials::new(ACCOUNT, "token".into()).expect("a sound account");
        let service = settings("http://127.0.0.1:1".parse().expect("a URL"), None);
        assert!(matches!(connect(&service, credentials, URL).await, Err(NumberError::NoNumber)));
    }
}
