// One phone or mail box of the wall: its conversation, its quick texts, its face in the strip.

export const phones = [];

// Which page of the demo this is; none is the exchange's.
export const scene = document.body.dataset.scene ?? "";

// What the listener knows of this page's phones.
export const at = (path, more = {}) => `/phones/${path}?${new URLSearchParams({ ...(scene && { scene }), ...more })}`;

export const by = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/// What the server answers to a request, or why it does not.
export async function ask(path, body) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body && post);
  const result = await response.json();
  if (!response.ok) throw new Error(result.error ?? response.statusText);
  return result;
}

// What is played here.
export const word = () => document.body.dataset.play === "rehearsal" ? "rehearsal" : "demo";

export function why(error) {
  return error instanceof TypeError ? `The ${word()} does not answer. Is it still running?` : error.message;
}

// ---- what this tab remembers, until it is all started anew ----

const KEY = `xchange-demo${scene}`;
const KEPT = 100;
export let memory = { run: "", arrival: 0, talks: {}, day: "" };

export function recall(run) {
  memory.run = run;
  try {
    const old = JSON.parse(sessionStorage.getItem(KEY));
    if (old?.run === run) memory = old;
  } catch { /* A browser that keeps nothing shows what comes from now on. */ }
}

function keep() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch { /* The same. */ }
}

// ---- the conversation ----

const HEARD = { theirs: "Answer: ", mail: "E-mail: " };

// Links that lead to this demo can be followed; their pages open beside the phones.
function linked(text) {
  return text.split(/(https?:\/\/\S+[\w/])/).map((part, place) => {
    const url = place % 2 === 1 && URL.canParse(part) && new URL(part);
    if (!url || url.port !== location.port || !["127.0.0.1", "localhost"].includes(url.hostname)) return part;
    return Object.assign(make("a", "", part), { href: part, target: "_blank", rel: "noopener" });
  });
}

function bubble(phone, { side, text, told, subject }) {
  const element = make("p", `bubble ${side}`);
  element.append(make("span", "heard", HEARD[side] ?? `${phone.name} wrote: `));
  if (subject) element.append(make("strong", "", subject), "\n");
  // The name is the moment everybody waits for: a little larger than what may follow it.
  const [first, ...rest] = text.split("\n");
  if (told && first.length <= 48) element.append(make("span", "name", first), rest.map((line) => `\n${line}`).join(""));
  else element.append(...linked(text));
  element.dir = "auto";
  return element;
}

function put(phone, said) {
  phone.empty.remove();
  const element = said.side.startsWith("hint") ? make("p", said.side, said.text) : bubble(phone, said);
  phone.talk.insertBefore(element, phone.typing.isConnected ? phone.typing : null);
  // An answer longer than the screen is read from its beginning.
  phone.talk.scrollTop = Math.min(element.offsetTop - 8, phone.talk.scrollHeight);
  // Where there is something to scroll, the keyboard can reach it.
  if (phone.talk.scrollHeight > phone.talk.clientHeight) phone.talk.tabIndex = 0;
}

export function say(phone, side, text, more) {
  const talk = memory.talks[phone.id] ??= [];
  const add = (said) => {
    put(phone, said);
    talk.push({ ...said, day: memory.day });
  };
  // In a rehearsal the days pass, and a conversation says so.
  if (memory.day && talk.at(-1)?.day !== memory.day) add({ side: "hint", text: memory.day });
  add({ side, text, ...more });
  talk.splice(0, talk.length - KEPT);
  keep();
}

// Whether an answer tells a name, and so whether it is set larger. The listener alone decides what it says.
function tells(answer, text, keyword) {
  if (scene) return false;
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const [first] = answer.split("\n");
  return words.includes(keyword.toLowerCase()) || words.includes("who") || phones.some(({ name }) => first.includes(name));
}

async function send(phone, body) {
  say(phone, "mine", body);
  phone.talk.append(phone.typing);
  phone.talk.scrollTop = phone.talk.scrollHeight;
  try {
    const { answer, why: silence } = await ask(at(`${phone.id}/text`), { body });
    phone.typing.remove();
    if (answer === null) say(phone, "hint", silence);
    else say(phone, "theirs", answer, { told: tells(answer, body, phone.keyword) });
    phone.tab.classList.add("asked");
    document.dispatchEvent(new Event("moved"));
  } catch (error) {
    phone.typing.remove();
    put(phone, { side: "hint bad", text: `Not sent. ${why(error)}` });
    if (!phone.input.value) phone.input.value = body;
  }
}

// Texts of one phone go out in the order they were written.
function queue(phone, body) {
  phone.line = phone.line.then(() => send(phone, body));
}

// ---- its looks ----

export function greeting(keyword) {
  if (keyword.toLowerCase() === "christmas") return "Merry Christmas!";
  return keyword.charAt(0).toUpperCase() + keyword.slice(1);
}

// Of the first and the last word; what stands in brackets is no name.
export function initials(name) {
  const words = name.replace(/\(.*?\)/g, " ").match(/\p{L}[\p{L}\p{M}’'-]*/gu) ?? [name.trim()];
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("").toUpperCase();
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

// What a press sends, or begins: the quick texts of this phone, or the exchange's own.
function texts(phone) {
  if (scene) return phone.quick.map((text) => chip(phone, text, text, true));
  const hello = greeting(phone.keyword);
  return [
    chip(phone, hello, hello, true),
    chip(phone, "MENU", "MENU", true),
    chip(phone, "WISH …", "WISH ", false),
    chip(phone, "ASK …", "ASK ", false),
    chip(phone, "PROOF", "PROOF", true),
  ];
}

function chips(phone, toolbar) {
  const all = texts(phone);
  if (all.length === 0) return toolbar.remove();
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

export function visit(phone) {
  by(`phone-${phone.id}`).scrollIntoView({ block: innerHeight < 700 ? "start" : "center" });
  (phone.number ? phone.input : phone.talk).focus({ preventScroll: true });
}

function tabFor(phone, tone, texted) {
  const item = make("li");
  const link = make("a", texted ? "asked" : "");
  const face = make("span", `face ${tone}`, initials(phone.name));
  face.setAttribute("aria-hidden", "true");
  link.href = `#phone-${phone.id}`;
  link.title = phone.name;
  link.append(face, make("span", "heard", `${phone.name}’s ${phone.number ? "phone" : "mail box"}`));
  link.addEventListener("click", (event) => {
    // The jump of the link itself would take the focus away again.
    event.preventDefault();
    visit(phone);
  });
  item.append(link);
  by("strip").append(item);
  return link;
}

// A mail box is a phone that nothing is texted from.
function box(phone, find) {
  phone.talk.tabIndex = 0;
  phone.talk.setAttribute("aria-label", `${phone.name}’s mail box`);
  if (!phone.said) phone.empty.textContent = "No e-mail yet.";
  find(".device").classList.add("box");
  find(".chips").remove();
  find("form").remove();
}

export function build({ id, name, number, email, texted, partner, empty: said, quick = [] }, { exchange, keyword }) {
  const root = by("phone").content.cloneNode(true);
  const find = (selector) => root.querySelector(selector);
  const [talk, empty, input] = [".talk", ".empty", "input"].map(find);
  const typing = make("div", "typing");
  typing.setAttribute("aria-hidden", "true");
  typing.append(make("i"), make("i"), make("i"));
  const phone = { id, name, number, email, keyword, said, quick, talk, empty, input, typing, line: Promise.resolve() };
  const tone = `tone-${id % 8}`;
  find(".phone").id = `phone-${id}`;
  find(".phone").setAttribute("aria-labelledby", `name-${id}`);
  find(".face").textContent = initials(name);
  find(".face").classList.add(tone);
  find("h2").textContent = name;
  find("h2").id = `name-${id}`;
  find(".number").textContent = [number, email].filter(Boolean).join(" · ");
  find(".contact span").textContent = partner ?? exchange;
  talk.setAttribute("aria-label", `Conversation on ${name}’s phone`);
  empty.textContent = said ?? `Text “${greeting(keyword)}” to learn who ${name} gives to.`;
  input.setAttribute("aria-label", `Text from ${name}’s phone`);
  find("form button").setAttribute("aria-label", `Send from ${name}’s phone`);
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = input.value.trim();
    if (!body) return input.focus();
    input.value = "";
    queue(phone, body);
  });
  if (number) chips(phone, find(".chips"));
  else box(phone, find);
  phone.tab = tabFor(phone, tone, texted);
  phones.push(phone);
  by("wall").append(root);
  (memory.talks[id] ?? []).forEach((said) => put(phone, said));
}
