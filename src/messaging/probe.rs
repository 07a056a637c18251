//! Whether an address on the web answers: for `doctor`, which looks at the listener from outside.

use std::time::Duration;

use url::Url;

use super::tls;

/// Why an address does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{url} cannot be reached")]
pub struct Unreachable {
    url: Url,
    #[source]
    source: reqwest::Error,
}

/// The status an address answers a GET with, within `timeout`. Follows no redirect: a listener sends none.
pub async fn status(url: &Url, timeout: Duration) -> Result<u16, Unreachable> {
    let failed = |source: reqwest::Error| Unreachable { url: url.clone(), source: source.without_url() };
    tls::choose_provider();
    let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    let client = client.build().map_err(failed)?;
    Ok(client.get(url.clone()).send().await.map_err(failed)?.status().as_u16())
}
