// The demo page: a wall of phones. Each keeps its own conversation; nothing is stored, nothing leaves this machine.
"use strict";

const POLL_MS = 2000;
const phones = [];
let lastArrival = 0;

const by = (id) => document.getElementById(id);

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// ---- one phone ----

function initials(name) {
  const words = name.trim().split(/\s+/);
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...word][0] ?? "").join("").toUpperCase();
}

function greeting(keyword) {
  if (keyword.toLowerCase() === "christmas") return "Merry Christmas!";
  return keyword.charAt(0).toUpperCase() + keyword.slice(1);
}

function say(phone, side, text, told) {
  phone.empty.remove();
  const bubble = make("p", `bubble ${side}`);
  bubble.append(make("span", "heard", side === "mine" ? `${phone.name} wrote: ` : "Answer: "));
  // The name is the moment everybody waits for: a little larger than what may follow it.
  const [first, ...rest] = text.split("\n");
  if (told && first.length <= 48) bubble.append(make("span", "name", first), rest.map((line) => `\n${line}`).join(""));
  else bubble.append(text);
  bubble.dir = "auto";
  put(phone, bubble);
}

// Whether a text asks for the name. Only for the looks of the answer: the listener decides what it says.
function asksForName(text, keyword) {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return words.includes(keyword.toLowerCase()) || words.includes("who");
}

// The name comes as well where the keyword was mistyped.
function isSomebody(answer) {
  return phones.some((phone) => answer.split("\n")[0].includes(phone.name));
}

function note(phone, text, bad) {
  put(phone, make("p", bad ? "hint bad" : "hint", text));
}

function put(phone, element) {
  phone.talk.insertBefore(element, phone.typing.isConnected ? phone.typing : null);
  // An answer longer than the screen is read from its beginning.
  const top = element.offsetTop - phone.talk.offsetTop - 8;
  phone.talk.scrollTop = Math.min(top, phone.talk.scrollHeight);
  // Where there is something to scroll, the keyboard can reach it.
  if (phone.talk.scrollHeight > phone.talk.clientHeight) phone.talk.tabIndex = 0;
}

function dots() {
  const typing = make("div", "typing");
  typing.setAttribute("aria-hidden", "true");
  typing.append(make("i"), make("i"), make("i"));
  return typing;
}

async function send(phone, body) {
  say(phone, "mine", body);
  phone.talk.append(phone.typing);
  phone.talk.scrollTop = phone.talk.scrollHeight;
  try {
    const response = await fetch(`/phones/${phone.id}/text`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ body }),
    });
    const result = await response.json();
    if (!response.ok) throw new Error(result.error);
    phone.typing.remove();
    if (result.answer === null) note(phone, "Received. This one gets no answer.");
    else say(phone, "theirs", result.answer, asksForName(body, phone.keyword) || isSomebody(result.answer));
    phone.tab.classList.add("asked");
    count();
  } catch (error) {
    phone.typing.remove();
    const why = error instanceof TypeError ? "The demo does not answer. Is it still running?" : error.message;
    note(phone, `Not sent. ${why}`, true);
    if (!phone.input.value) phone.input.value = body;
  }
}

// Texts of one phone go out in the order they were written.
function queue(phone, body) {
  phone.line = phone.line.then(() => send(phone, body));
}

function chip(phone, label, text, sends) {
  const button = make("button", "", label);
  button.type = "button";
  button.addEventListener("click", () => {
    if (sends) return queue(phone, text);
    phone.input.value = text;
    phone.input.focus();
    phone.input.setSelectionRange(text.length, text.length);
  });
  return button;
}

function chips(phone, keyword, toolbar) {
  const hello = greeting(keyword);
  const all = [
    chip(phone, hello, hello, true),
    chip(phone, "MENU", "MENU", true),
    chip(phone, "WISH …", "WISH ", false),
    chip(phone, "ASK …", "ASK ", false),
    chip(phone, "PROOF", "PROOF", true),
  ];
  all[0].classList.add("lead");
  all.slice(1).forEach((button) => { button.tabIndex = -1; });
  toolbar.setAttribute("aria-label", `Quick texts for ${phone.name}`);
  toolbar.append(...all);
  // One tab stop; the arrows move within.
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const from = all.indexOf(document.activeElement);
    if (!step || from < 0) return;
    event.preventDefault();
    const to = all[(from + step + all.length) % all.length];
    all.forEach((button) => { button.tabIndex = button === to ? 0 : -1; });
    to.focus();
  });
}

function build(person, exchange) {
  const root = by("phone").content.cloneNode(true);
  const article = root.querySelector(".phone");
  const phone = {
    id: person.id,
    name: person.name,
    keyword: exchange.keyword,
    talk: root.querySelector(".talk"),
    empty: root.querySelector(".empty"),
    input: root.querySelector("input"),
    typing: dots(),
    line: Promise.resolve(),
  };
  const tone = `tone-${person.id % 8}`;
  const face = root.querySelector(".face");
  article.id = `phone-${person.id}`;
  article.setAttribute("aria-labelledby", `name-${person.id}`);
  face.textContent = initials(person.name);
  face.classList.add(tone);
  root.querySelector("h2").textContent = person.name;
  root.querySelector("h2").id = `name-${person.id}`;
  root.querySelector(".number").textContent = person.number;
  root.querySelector(".contact span").textContent = exchange.exchange;
  phone.talk.setAttribute("aria-label", `Conversation on ${person.name}’s phone`);
  phone.empty.textContent = `Text “${greeting(exchange.keyword)}” to learn who ${person.name} gives to.`;
  phone.input.setAttribute("aria-label", `Text from ${person.name}’s phone`);
  root.querySelector("form button").setAttribute("aria-label", `Send from ${person.name}’s phone`);
  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = phone.input.value.trim();
    if (!body) return phone.input.focus();
    phone.input.value = "";
    queue(phone, body);
  });
  chips(phone, exchange.keyword, root.querySelector(".chips"));
  phone.tab = tabFor(person, tone);
  phone.tab.classList.toggle("asked", person.texted);
  by("wall").append(root);
  return phone;
}

function tabFor(person, tone) {
  const item = make("li");
  const link = make("a");
  const face = make("span", `face ${tone}`, initials(person.name));
  face.setAttribute("aria-hidden", "true");
  link.href = `#phone-${person.id}`;
  link.title = person.name;
  link.append(face, make("span", "heard", `${person.name}’s phone`));
  link.addEventListener("click", () => {
    // After the jump: straight to writing.
    phones.find((phone) => phone.id === person.id)?.input.focus({ preventScroll: true });
  });
  item.append(link);
  by("strip").append(item);
  return link;
}

// ---- the whole wall ----

function count() {
  const asked = phones.filter((phone) => phone.tab.classList.contains("asked")).length;
  by("progress").textContent = asked === 0
    ? "Nobody has texted yet."
    : `${asked} of ${phones.length} ${asked === 1 ? "has" : "have"} texted. The organizer sees no more.`;
}

function tell(exchange) {
  document.title = `${exchange.exchange} · xchange demo`;
  by("exchange").textContent = exchange.exchange;
  by("count").textContent = exchange.people.length === 1 ? "One name" : `${exchange.people.length} names`;
  by("fingerprint").textContent = exchange.fingerprint;
  const first = phones[0];
  if (!first) return;
  const start = by("start");
  start.textContent = `Text from ${first.name}’s phone`;
  start.hidden = false;
  start.addEventListener("click", () => {
    if (!first.input.value) first.input.value = greeting(exchange.keyword);
    by(`phone-${first.id}`).scrollIntoView({ block: "center" });
    first.input.focus({ preventScroll: true });
  });
}

function trouble(words) {
  by("trouble").textContent = words;
  by("trouble").hidden = !words;
}

async function poll() {
  try {
    if (!document.hidden) {
      const response = await fetch(`/phones/arrivals?after=${lastArrival}`);
      if (!response.ok) throw new Error(response.statusText);
      for (const arrival of await response.json()) {
        lastArrival = arrival.number;
        phones.filter((phone) => arrival.people.includes(phone.id))
          .forEach((phone) => say(phone, "theirs", arrival.body));
      }
      trouble("");
    }
  } catch {
    trouble("The demo has stopped. Start it again with “xchange demo”, then reload this page.");
  }
  setTimeout(poll, POLL_MS);
}

async function begin() {
  try {
    const response = await fetch("/phones/people");
    if (!response.ok) throw new Error(response.statusText);
    const exchange = await response.json();
    exchange.people.forEach((person) => phones.push(build(person, exchange)));
    tell(exchange);
    count();
    poll();
  } catch {
    trouble("The phones could not be found. Is the demo still running? Reload to try again.");
  }
}

begin();
