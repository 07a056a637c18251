// The demo page: a wall of phones beside the organizer's screen. Nothing leaves this machine.

import { organizer } from "/phones/organizer.js";
import { ask, build, by, greeting, memory, phones, recall, say, visit } from "/phones/phone.js";

const POLL_MS = 2000;

function count() {
  const asked = phones.filter((phone) => phone.tab.classList.contains("asked")).length;
  by("progress").textContent = asked === 0
    ? "Nobody has texted yet."
    : `${asked} of ${phones.length} ${asked === 1 ? "has" : "have"} texted.`;
}

function listed(names) {
  const shown = names.length > 5 ? [...names.slice(0, 4), `${names.length - 4} others`] : names;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown[0];
}

function tell({ exchange, keyword, fingerprint, invented, mailed, people }) {
  const drawn = people.length + mailed.length;
  document.title = `${exchange} · xchange demo`;
  by("exchange").textContent = exchange;
  by("count").textContent = drawn === 1 ? "One name" : `${drawn} names`;
  by("fingerprint").textContent = fingerprint;
  by("invented").hidden = !invented;
  by("own").hidden = invented;
  by("mailed").hidden = mailed.length === 0;
  by("mailed").textContent = `${listed(mailed)} would get an e-mail, and so ${mailed.length > 1 ? "have" : "has"} no phone here.`;
  const [first] = phones;
  const start = by("start");
  start.hidden = !first;
  if (!first) return;
  start.textContent = `Text from ${first.name}’s phone`;
  start.addEventListener("click", () => {
    if (!first.input.value) first.input.value = greeting(keyword);
    visit(first);
  });
}

function trouble(words) {
  by("trouble").textContent = words;
  by("trouble").hidden = !words;
}

async function poll() {
  try {
    if (!document.hidden) {
      const { fingerprint, arrivals } = await ask(`/phones/arrivals?after=${memory.arrival}`);
      // The demo was started anew: other pairings, and nobody has texted.
      if (fingerprint !== memory.fingerprint) return location.reload();
      for (const { number, people, body } of arrivals) {
        memory.arrival = number;
        phones.filter((phone) => people.includes(phone.id)).forEach((phone) => say(phone, "theirs", body));
      }
      trouble("");
    }
  } catch {
    trouble("The demo has stopped. Start it again with “xchange demo”, and this page goes on by itself.");
  }
  setTimeout(poll, POLL_MS);
}

async function begin() {
  try {
    const exchange = await ask("/phones/people");
    recall(exchange.fingerprint);
    exchange.people.forEach((person) => build(person, exchange));
    tell(exchange);
    count();
    document.addEventListener("moved", count);
    organizer();
    poll();
  } catch {
    trouble("The phones could not be found. Is the demo still running? Reload to try again.");
  }
}

begin();
