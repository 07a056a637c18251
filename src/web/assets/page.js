// The pages of a demo or a rehearsal: a wall of phones beside the organizer's screen. Nothing leaves this machine.

import { organizer } from "/phones/organizer.js";
import { ask, at, build, by, greeting, memory, phones, recall, say, scene, visit, word } from "/phones/phone.js";
import { screen, watch } from "/phones/screen.js";
import { season, show } from "/phones/season.js";

const POLL_MS = 2000;

function count() {
  const texting = phones.filter((phone) => phone.number);
  const asked = texting.filter((phone) => phone.tab.classList.contains("asked")).length;
  // Nothing is texted from mail boxes.
  by("progress").textContent = texting.length === 0 ? "" : asked === 0
    ? "Nobody has texted yet."
    : `${asked} of ${texting.length} ${asked === 1 ? "has" : "have"} texted.`;
  if (!scene) by("count").textContent = phones.length === 1 ? "One name" : `${phones.length} names`;
}

function tell({ play, exchange, keyword }) {
  document.body.dataset.play = play;
  for (const element of document.querySelectorAll("[data-in]")) {
    if (element.dataset.in === play) element.hidden = false;
    else element.remove();
  }
  document.title = `${exchange} · xchange ${word()}`;
  by("play").textContent = word();
  by("exchange").textContent = exchange;
  const first = phones.find((phone) => phone.number);
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
      const { run, people, today, arrivals, screen: path } = await ask(at("arrivals", { after: memory.arrival }));
      // It was started anew: other pairings, and nobody has texted.
      if (run !== memory.run) return location.reload();
      if (people > phones.length) await join();
      show(today);
      if (path) await watch(path);
      for (const { number, people, subject, body } of arrivals) {
        memory.arrival = number;
        phones.filter((phone) => people.includes(phone.id)).forEach((phone) => say(phone, subject ? "mail" : "theirs", body, { subject }));
      }
      trouble("");
    }
  } catch {
    const verb = word() === "demo" ? "demo" : "rehearse";
    trouble(`The ${word()} has stopped. Start it again with “xchange ${verb}”, and this page goes on by itself.`);
  }
  setTimeout(poll, POLL_MS);
}

// Whoever is in the exchange by now and has no phone on the page yet.
async function join() {
  const exchange = await ask(at("people"));
  exchange.people.slice(phones.length).forEach((person) => build(person, exchange));
  document.dispatchEvent(new Event("moved"));
}

async function begin() {
  try {
    const exchange = await ask(at("people"));
    recall(exchange.run);
    exchange.people.forEach((person) => build(person, exchange));
    if (scene) screen();
    else tell(exchange);
    count();
    document.addEventListener("moved", count);
    if (!scene) organizer();
    if (exchange.play === "rehearsal") season();
    poll();
  } catch {
    trouble("The phones could not be found. Is it still running? Reload to try again.");
  }
}

begin();
