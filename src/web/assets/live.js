// Keeps what is marked [data-live] as it is now: when the listener says that something changed, or every few seconds where
// it cannot, the fragment is fetched anew. Without this script the page shows how things were when it was asked for.
// And whatever is sent shows on its button that it is under way, and is sent once.
"use strict";

for (const part of document.querySelectorAll("[data-live]")) {
  const at = part.dataset.live;
  const EVERY = 5000;
  let source = null, timer = null, asking = false, again = false, shown = null;

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(at + "/fragment" + location.search, { redirect: "manual" });
      const text = answer.ok ? await answer.text() : null;
      if (text !== null && text !== shown) {
        const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
        const page = new DOMParser().parseFromString(text, "text/html");
        part.replaceChildren(...page.body.childNodes);
        if (focused) document.getElementById(focused)?.focus();
        shown = text;
      }
      // Signed out, or no longer there: the page itself says so.
      if (answer.type === "opaqueredirect" || answer.status === 404) location.reload();
    } catch { /* Not reachable just now; there is a next time. */ }
    asking = false;
    if (again) { again = false; refresh(); }
  }

  function poll() {
    timer ??= setInterval(refresh, EVERY);
  }

  function close() {
    source?.close();
    clearInterval(timer);
    source = timer = null;
  }

  function open() {
    if (source || timer) return;
    source = new EventSource(at + "/live");
    source.onmessage = refresh;
    source.onopen = () => { clearInterval(timer); timer = null; };
    // The browser tries again by itself, unless it was refused for good.
    source.onerror = poll;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); } else { open(); refresh(); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) { open(); refresh(); } });
  if (!document.hidden) open();
}

document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  if (event.target.method !== "post" || !button) return;
  if (button.ariaBusy === "true") event.preventDefault();
  button.ariaBusy = "true";
});
addEventListener("pageshow", () => document.querySelectorAll("button[aria-busy]").forEach((button) => { button.ariaBusy = null; }));
