//! A headless Chromium, driven through chromedriver; both end with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with a profile of its own.
pub(super) struct Browser {
    pub(super) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; `None` where Chromium or its driver is not installed.
    pub(super) async fn start() -> Option<Self> {
        let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())?;
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let said = BufReader::new(driver.stdout.take().expect("piped"));
        let port =
            said.lines().map_while(Result::ok).find_map(|line| port_in(&line)).expect("chromedriver names its port");
        let profile = tempfile::tempdir().expect("a folder");
        let mut options = vec![format!("--user-data-dir={}", profile.path().display())];
        options.extend(
            [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ]
            .map(str::to_owned),
        );
        let capabilities = json!({
            "goog:chromeOptions": { "binary": chromium, "args": options },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let capabilities = capabilities.as_object().expect("an object").clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session");
        Some(Self { client, driver, _profile: profile })
    }

    /// Calls a method of the `DevTools` protocol.
    pub(super) async fn devtools(&self, method: &'static str, params: Value) {
        let command = Vendor { path: "goog/cdp/execute", body: json!({ "cmd": method, "params": params }) };
        self.client.issue_cmd(command).await.expect("the method is known");
    }

    /// The window as a phone or a desk has it: size in CSS pixels, light or dark, still.
    pub(super) async fn look_like(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// What the console has complained about since the last call.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let command = Vendor { path: "se/log", body: json!({ "type": "browser" }) };
        let entries = self.client.issue_cmd(command).await.expect("a log");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let complaint = |entry: &Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        entries.iter().filter(|entry| complaint(entry)).map(|entry| entry["message"].to_string()).collect()
    }

    /// Runs a script and gives what it returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Ends the session.
    pub(super) async fn close(self) {
        self.client.clone().close().await.expect("the browser closes");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended = self.driver.kill();
        let _reaped = self.driver.wait();
    }
}

/// The port in "`ChromeDriver` was started successfully on port 12345."
fn port_in(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

/// A command of chromedriver beyond the standard.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _url: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.body.to_string()))
    }
}
