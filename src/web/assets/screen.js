// The organizer's own screen, as it stands on its page, beside the phones of a demo. Its buttons do what they do there.

import { by } from "/phones/phone.js";

let at = "", shown = "";

// Whoever sits here is the demo's organizer.
const signIn = () => fetch("/phones/sign-in", { method: "POST", body: new URLSearchParams({ to: "/" }), redirect: "manual" });

async function fragment() {
  const answer = await fetch(at, { redirect: "manual" });
  return answer.ok ? answer.text() : null;
}

export async function watch(path) {
  at = path;
  const panel = by("panel");
  // Nothing is taken away from under whoever is choosing.
  if (panel.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
  let text = await fragment();
  if (text === null) {
    await signIn();
    text = await fragment();
  }
  if (text === null || text === shown) return;
  const had = panel.contains(document.activeElement);
  panel.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  if (had) panel.focus();
  shown = text;
}

async function press(event) {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  by("panel").focus();
  await fetch(event.target.getAttribute("action"), { method: "POST", body, redirect: "manual" });
  await watch(at);
}

export function screen() {
  by("panel")?.addEventListener("submit", press);
}
