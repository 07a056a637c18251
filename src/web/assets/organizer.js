// The organizer's screen: who has asked, and one pairing opened for all to know of.

import { ask, by, make, phones, why, word } from "/phones/phone.js";

const times = ({ asked, mailed }) => {
  if (mailed) return "by e-mail";
  return ["not yet", "once", "twice"][asked] ?? `${asked} times`;
};

// Whoever joins late can be asked for as well.
function list() {
  const giver = by("giver");
  phones.slice(giver.length).forEach((phone) => giver.append(new Option(phone.name, phone.id)));
  by("audit").hidden = phones.length === 0;
}

async function look() {
  list();
  try {
    const { fingerprint, people, archive, openings } = await ask("/phones/organizer");
    by("fingerprint").textContent = fingerprint;
    const row = (cells) => {
      const line = make("tr");
      line.append(...cells.map((cell, column) => make(column ? "td" : "th", "", cell)));
      line.firstChild.scope = "row";
      return line;
    };
    by("status").replaceChildren(...people.map((person) => row([person.name, times(person)])));
    const asked = people.filter((person) => person.asked > 0).length;
    by("facts").replaceChildren(
      ...[["asked", `${asked} of ${people.length}`], ["archive", archive], ["openings", openings]].map(row),
    );
  } catch { /* The banner says already that nothing answers. */ }
}

async function open(event) {
  event.preventDefault();
  const giver = phones[by("giver").value];
  try {
    const opened = await ask(`/phones/${giver.id}/open`, {});
    const reached = giver.tab.classList.contains("asked") || giver.email;
    const now = word() === "demo" ? "is told at once" : "is told at once, or when quiet hours are over";
    const told = reached ? now : "is told with the first text that comes from that phone";
    const lines = opened.map(({ number, giver, receiver }) => `Opening ${number}: ${giver} gives to ${receiver}.`);
    by("opened").textContent = `${lines.join(" ")} It stands in the log for good, and ${giver.name} ${told}. `
      + "Text PROOF from any phone: it counts the opening.";
  } catch (error) {
    by("opened").textContent = why(error);
  }
  document.dispatchEvent(new Event("moved"));
}

export function organizer() {
  by("audit").addEventListener("submit", open);
  document.addEventListener("moved", look);
  look();
}
