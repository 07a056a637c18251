//! By which door a request came: straight to this machine, or to the public address, perhaps through proxies. On it hang
//! the client's address, what links begin with, and whether cookies are for https alone.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::Shared;
use super::health::{FORWARDED, is_local};
use crate::app::doctor::UNCOUNTED;
use crate::app::exchanges::Exchanges;
use crate::model::is_this_machine;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// By which door a request came.
pub(super) struct Door {
    /// What is behind it.
    pub(super) shared: Arc<Shared>,
    /// The client, as far as it can be told; for limits, never for access.
    pub(super) client: IpAddr,
    /// Whether the request started on this machine.
    pub(super) local: bool,
    /// Whether the browser speaks https to us.
    pub(super) secure: bool,
    /// What stands before every path in a link: nothing, or the public address's own path.
    pub(super) base: String,
}

impl FromRequestParts<Arc<Shared>> for Door {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Infallible> {
        Ok(Self::of(parts, shared))
    }
}

impl Door {
    pub(super) fn of(parts: &Parts, shared: &Arc<Shared>) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let public = &shared.listener.public_url;
        // Under this machine's own name, and without a proxy's headers, nobody has put https in front of us.
        let plain = host(&parts.headers).is_some_and(|host| is_this_machine(without_port(host)))
            && FORWARDED.iter().all(|name| !parts.headers.contains_key(*name));
        Self {
            shared: Arc::clone(shared),
            client: client(&parts.headers, peer, proxies(shared, &parts.headers, peer)),
            local: is_local(&parts.headers, &parts.extensions),
            secure: !plain && public.scheme() == "https",
            base: if plain { String::new() } else { public.path().trim_end_matches('/').to_owned() },
        }
    }

    /// A path as it is written in a link.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// To another page.
    pub(super) fn go(&self, path: &str) -> Response {
        Redirect::to(&self.to(path)).into_response()
    }

    /// The site behind it.
    pub(super) fn site(&self) -> &Exchanges {
        &self.shared.listener.exchanges
    }
}

/// The host that a request names.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// How many proxies a request came through that can be believed. A tunnel of this machine's is one: ngrok puts the address
/// that it was called from at the right end of what is there already.
fn proxies(shared: &Shared, headers: &HeaderMap, peer: Option<IpAddr>) -> usize {
    let told = shared.listener.exchanges.settings.site.trusted_proxies as usize;
    let is_tunnel = shared.listener.is_tunnelled && peer.is_some_and(|peer| peer.is_loopback());
    if told == 0 && !is_tunnel && headers.contains_key(FORWARDED_FOR) {
        shared.uncounted_proxy.call_once(|| {
            tracing::warn!("{UNCOUNTED}: set trusted_proxies under [site] to the number of proxies in front");
        });
    }
    told.max(is_tunnel.into())
}

/// The client's address. Each trusted proxy has added the address it was called from at the right end of the list, so
/// the client is so many from the right; further left stands whatever the client has made up.
fn client(headers: &HeaderMap, peer: Option<IpAddr>, trusted_proxies: usize) -> IpAddr {
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    if trusted_proxies == 0 {
        return peer;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default());
    let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let entry = entries.get(entries.len().saturating_sub(trusted_proxies)).copied().unwrap_or_default();
    let with_port = || entry.parse().ok().map(|address: SocketAddr| address.ip());
    entry.trim_matches(['[', ']']).parse().ok().or_else(with_port).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    // H19
    #[test]
    fn the_client_is_counted_from_the_right_and_nothing_made_up_counts() {
        let peer: IpAddr = "10.0.0.1".parse().expect("an address");
        let client = |lines: &[&str], proxies| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().expect("a value"));
            }
            client(&headers, Some(peer), proxies).to_string()
        };
        assert_eq!(client(&["203.0.113.9"], 0), "10.0.0.1", "no proxy is trusted");
        assert_eq!(client(&["203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(client(&["6.6.6.6, 203.0.113.9"], 1), "203.0.113.9", "the left end is the client's own");
        assert_eq!(client(&["6.6.6.6", "203.0.113.9, 10.0.0.2"], 2), "203.0.113.9", "two lines are one list");
        assert_eq!(client(&["203.0.113.9"], 2), "203.0.113.9", "one that went past the outer proxy");
        assert_eq!(client(&["[2001:db8::1]:4711"], 1), "2001:db8::1");
        assert_eq!(client(&["203.0.113.9:4711"], 1), "203.0.113.9");
        for nonsense in [&[][..], &[""], &["unknown"], &["6.6.6.6, "], &["6.6.6.6, ' OR 1=1"]] {
            assert_eq!(client(nonsense, 1), "10.0.0.1", "{nonsense:?}");
        }
    }

    #[test]
    fn a_host_loses_its_port_and_nothing_else() {
        for (host, name) in
            [("localhost:5050", "localhost"), ("[::1]:5050", "[::1]"), ("[::1]", "[::1]"), ("a.b", "a.b")]
        {
            assert_eq!(without_port(host), name);
        }
    }
}
