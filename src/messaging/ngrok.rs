//! Asks the ngrok on this machine under which public address the listener can be reached: the agent's local API,
//! `GET /api/tunnels` (<https://ngrok.com/docs/agent/api/>).

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::tls;

/// How long the agent may take: it is on this machine, or next door.
const API_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no public address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NgrokError {
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// Nobody answers.
    #[error("no ngrok answers at {api}")]
    NotRunning {
        /// Where it was looked for.
        api: Url,
        /// Why the request failed.
        #[source]
        source: reqwest::Error,
    },
    /// Somebody answers, but not with a list of tunnels.
    #[error("what answers at {api} is no ngrok: status {status}")]
    NotNgrok {
        /// Where it was looked for.
        api: Url,
        /// HTTP status.
        status: u16,
    },
    /// The list of tunnels makes no sense.
    #[error("ngrok's list of tunnels cannot be read")]
    Unreadable(#[source] reqwest::Error),
    /// None of the tunnels is ours.
    #[error("no https tunnel of ngrok leads to port {port}; {}", listed(tunnels))]
    NoTunnel {
        /// The listener's port.
        port: u16,
        /// The tunnels there are, as "`https://x.ngrok.app` to `http://localhost:80`".
        tunnels: Vec<String>,
    },
}

fn listed(tunnels: &[String]) -> String {
    match tunnels {
        [] => "it has no tunnels".to_owned(),
        some => format!("it has {}", some.join(", ")),
    }
}

#[derive(Deserialize)]
struct Tunnels {
    tunnels: Vec<Tunnel>,
}

#[derive(Deserialize)]
struct Tunnel {
    public_url: String,
    #[serde(default)]
    config: Config,
}

#[derive(Default, Deserialize)]
struct Config {
    #[serde(default)]
    addr: String,
}

/// The public https address that leads to a port of this machine; `api` is usually `http://127.0.0.1:4040`.
///
/// # Errors
/// [`NgrokError`]: ngrok does not run, or has no tunnel to this port (then the error lists what there is).
pub async fn public_url(api: &Url, port: u16) -> Result<Url, NgrokError> {
    tls::choose_provider();
    // A local API over plain HTTP: no proxy, and no certificates to be looked for.
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(API_TIMEOUT).build();
    let mut address = api.clone();
    address.set_path("/api/tunnels");
    let request = client.map_err(NgrokError::Client)?.get(address);
    let answer = request.send().await.map_err(|source| NgrokError::NotRunning { api: api.clone(), source })?;
    if !answer.status().is_success() {
        return Err(NgrokError::NotNgrok { api: api.clone(), status: answer.status().as_u16() });
    }
    let Tunnels { tunnels } = answer.json().await.map_err(NgrokError::Unreadable)?;
    let ours = tunnels.iter().filter(|tunnel| port_of(&tunnel.config.addr) == Some(port));
    let mut addresses = ours.filter_map(|tunnel| tunnel.public_url.parse::<Url>().ok());
    addresses.find(|url| url.scheme() == "https").ok_or_else(|| {
        let tunnels = tunnels.iter().map(|tunnel| format!("{} to {}", tunnel.public_url, tunnel.config.addr));
        NgrokError::NoTunnel { port, tunnels: tunnels.collect() }
    })
}

/// The port in an address as ngrok writes it: `http://localhost:5050`, `localhost:5050`, or `5050`.
fn port_of(address: &str) -> Option<u16> {
    if let Ok(port) = address.rsplit(':').next()?.trim_end_matches('/').parse() {
        return Some(port);
    }
    address.parse::<Url>().ok()?.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::{Value, json};

    use super::*;

    /// An agent on a free port.
    async fn agent(status: StatusCode, tunnels: Value) -> Url {
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let api = format!("http://{}", tcp.local_addr().expect("an address")).parse().expect("a URL");
        let routes = Router::new().route("/api/tunnels", get(async move || (status, Json(tunnels))));
        tokio::spawn(async move { axum::serve(tcp, routes).await });
        api
    }

    // The answer of an agent with one `ngrok http 5050`, shortened; older agents add the http address as a second tunnel.
    fn tunnels() -> Value {
        json!({
            "tunnels": [
                { "name": "a", "public_url": "tcp://1.tcp.ngrok.io:1", "proto": "tcp", "config": { "addr": "localhost:5050" } },
                { "name": "b", "public_url": "http://b.ngrok.app", "proto": "http", "config": { "addr": "http://localhost:5050" } },
                { "name": "c", "uri": "/api/tunnels/c", "public_url": "https://c.ngrok.app", "proto": "https",
                  "config": { "addr": "http://localhost:5050", "inspect": true }, "metrics": {} },
                { "name": "d", "public_url": "https://d.ngrok.app", "proto": "https", "config": { "addr": "http://localhost" } },
            ],
            "uri": "/api/tunnels",
        })
    }

    // X15
    #[tokio::test]
    async fn the_tunnel_to_our_port_is_found() {
        let api = agent(StatusCode::OK, tunnels()).await;
        assert_eq!(public_url(&api, 5050).await.expect("found").as_str(), "https://c.ngrok.app/");
        assert_eq!(public_url(&api, 80).await.expect("found").as_str(), "https://d.ngrok.app/");
    }

    // X15
    #[tokio::test]
    async fn what_is_wrong_is_said() {
        let api = agent(StatusCode::OK, tunnels()).await;
        let error = public_url(&api, 5051).await.expect_err("no tunnel").to_string();
        assert!(error.starts_with("no https tunnel of ngrok leads to port 5051; it has tcp://"), "{error}");
        assert!(error.contains("https://c.ngrok.app to http://localhost:5050, "), "{error}");

        let api = agent(StatusCode::OK, json!({ "tunnels": [] })).await;
        let error = public_url(&api, 5050).await.expect_err("no tunnel").to_string();
        assert_eq!(error, "no https tunnel of ngrok leads to port 5050; it has no tunnels");

        let api = agent(StatusCode::BAD_GATEWAY, Value::Null).await;
        assert!(matches!(public_url(&api, 5050).await, Err(NgrokError::NotNgrok { status: 502, .. })));
        let api = agent(StatusCode::OK, json!({ "endpoints": [] })).await;
        assert!(matches!(public_url(&api, 5050).await, Err(NgrokError::Unreadable(_))));

        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let api = format!("http://{}", closed.local_addr().expect("an address")).parse().expect("a URL");
        drop(closed);
        let error = public_url(&api, 5050).await.expect_err("nobody");
        assert!(error.to_string().starts_with("no ngrok answers at http://127.0.0.1:"), "{error}");
    }

    #[test]
    fn ports_are_read_from_every_writing() {
        for (address, port) in [
            ("http://localhost:5050", Some(5050)),
            ("https://127.0.0.1:5050/", Some(5050)),
            ("localhost:5050", Some(5050)),
            ("5050", Some(5050)),
            ("http://xchange:5050", Some(5050)),
            ("https://localhost", Some(443)),
            ("file:///srv/www", None),
            ("", None),
        ] {
            assert_eq!(port_of(address), port, "{address}");
        }
    }
}
