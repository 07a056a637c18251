//! A headless Chromium, driven through chromedriver; both end with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::wd::{Locator, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::house::PATIENCE;

/// Every control without a name, every text too faint, every box wider than the window, every target too small.
const EXAMINE: &str = r"
    const faults = [];
    const name = (e) => (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || '').trim();
    const where = (e) => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30);
    for (const e of document.querySelectorAll('button, input:not([type=hidden]), select, textarea, a, [role=log], [role=toolbar], nav, main'))
      if (!name(e)) faults.push('no name: ' + where(e));
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    if (new Set(ids).size !== ids.length) faults.push('an id twice');
    if (document.querySelectorAll('h1').length !== 1 || !document.documentElement.lang) faults.push('no outline');
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) faults.push('scrolls sideways: ' + wide + ' > ' + innerWidth);
    for (const e of document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary, .button, nav a')) {
      if (!e.getClientRects().length) continue;
      const box = e.getBoundingClientRect();
      if (box.height < 24 || box.width < 24) faults.push('small: ' + where(e));
    }
    const rgb = (text) => {
      const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
      return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
    };
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
      return .2126 * x + .7152 * y + .0722 * z;
    };
    const behind = (e) => {
      for (let up = e; up; up = up.parentElement) {
        const colour = rgb(getComputedStyle(up).backgroundColor);
        if (colour[3] > .9) return colour;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let texts = 0;
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest('.heard, noscript')) continue;
      const style = getComputedStyle(e);
      const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
      const ratio = (a + .05) / (b + .05);
      const large = parseFloat(style.fontSize) >= 24;
      texts += 1;
      if (ratio < (large ? 3 : 4.5)) faults.push('faint (' + ratio.toFixed(2) + '): ' + where(e));
      if (parseFloat(style.fontSize) < 12) faults.push('tiny: ' + where(e));
    }
    if (texts < 5) faults.push('only ' + texts + ' texts were examined');
    return faults;
";

/// axe-core, by Deque Systems: the rules by which pages can be used by everybody, as it knows them.
const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");

const RUN_AXE: &str = r"
    const done = arguments[0];
    axe.run().then(
      ({ violations }) => done(violations.map((v) => v.id + ': ' + v.nodes.map((node) => node.html).join(' '))),
      (error) => done(['axe: ' + error]),
    );
";

/// A browser with a profile of its own.
pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; `None` where Chromium or its driver is not installed.
    pub(crate) async fn start() -> Option<Self> {
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
    pub(crate) async fn devtools(&self, method: &'static str, params: Value) {
        let command = Vendor { path: "goog/cdp/execute", body: json!({ "cmd": method, "params": params }) };
        self.client.issue_cmd(command).await.expect("the method is known");
    }

    /// The window as a phone or a desk has it: size in CSS pixels, light or dark, still.
    pub(crate) async fn look_like(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// What the console has complained about since the last call.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let command = Vendor { path: "se/log", body: json!({ "type": "browser" }) };
        let entries = self.client.issue_cmd(command).await.expect("a log");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let complaint = |entry: &Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        entries.iter().filter(|entry| complaint(entry)).map(|entry| entry["message"].to_string()).collect()
    }

    /// Clicks something as soon as it is there; a live part, or the page that comes, may take the place of what was just found.
    pub(crate) async fn click(&self, what: Locator<'_>) {
        let soon = || self.client.wait().at_most(PATIENCE).for_element(what);
        while let Err(error) = soon().await.unwrap_or_else(|_| panic!("{what:?} is there")).click().await {
            assert!(is_gone(&error), "{what:?}: {error}");
        }
    }

    /// Presses a key wherever the focus is.
    pub(crate) async fn press(&self, key: char) {
        let keys =
            KeyActions::new("keyboard".into()).then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.expect("a key");
    }

    /// Runs a script and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// What is wrong with how the page can be read and used: names, contrast, width, sizes.
    pub(crate) async fn faults(&self) -> Value {
        self.run(EXAMINE).await
    }

    /// What axe-core has against the page.
    pub(crate) async fn violations(&self) -> Value {
        self.run(AXE).await;
        self.client.execute_async(RUN_AXE, Vec::new()).await.expect("axe runs")
    }

    /// Ends the session.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.expect("the browser closes");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended = self.driver.kill();
        let _reaped = self.driver.wait();
    }
}

/// Whether what was found has been taken away before it was used: chromedriver has two ways to say so, the second where a page
/// is just being left.
pub(crate) fn is_gone(error: &fantoccini::error::CmdError) -> bool {
    error.is_stale_element_reference() || error.to_string().contains("does not belong to the document")
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
