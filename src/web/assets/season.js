// The days of a rehearsal: which one it is, the calendar turned, somebody who joins late.

import { ask, by, make, memory, why } from "/phones/phone.js";

const NAMES = { day: "Next day", night: "Tonight", reminder: "Reminder" };

const buttons = {};

const ahead = (left) => ["today is the day", "one day to go"][left] ?? (left > 0 ? `${left} days to go` : "it is over");

export function show({ day, time, left, turns }) {
  if (document.body.dataset.play !== "rehearsal") return;
  memory.day = day;
  const words = [`${day}, ${time}`, left === null ? "no day is set" : ahead(left)].join(" · ");
  // Said anew only when it is another, for screen readers.
  if (by("today").textContent !== words) by("today").textContent = words;
  offer(turns);
}

// Only where it can be turned to; what had the focus keeps it, or the first has it.
function offer(turns) {
  const shown = by("turns");
  if ([...shown.children].map(({ value }) => value).join() === turns.join()) return;
  const focused = document.activeElement;
  const had = shown.contains(focused);
  shown.replaceChildren(...turns.map((to) => buttons[to] ??= button(to)));
  if (had) (shown.contains(focused) ? focused : shown.firstChild).focus();
}

function button(to) {
  const made = make("button", "button", NAMES[to]);
  Object.assign(made, { type: "button", value: to });
  made.addEventListener("click", () => turn(to));
  return made;
}

async function turn(to) {
  try {
    show(await ask("/phones/calendar", { to }));
  } catch (error) {
    by("today").textContent = why(error);
  }
}

async function join(event) {
  event.preventDefault();
  const name = by("name").value.trim();
  try {
    await ask("/phones/joiner", { name });
    by("name").value = "";
    by("opened").textContent = `${name} has joined, as by a changed roster and “xchange update”: there is a new draw with a new fingerprint, `
      + "and everybody is told who joined.";
  } catch (error) {
    by("opened").textContent = why(error);
  }
}

export function season() {
  by("joiner").addEventListener("submit", join);
}
