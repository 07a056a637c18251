// The organizer's screen: who has asked, and one pairing opened for all to know of.

import { ask, by, make, phones, why } from "/phones/phone.js";

const times = ({ asked, mailed }) => {
  if (mailed) return "by e-mail";
  return ["not yet", "once", "twice"][asked] ?? `${asked} times`;
};

async function look() {
  try {
    const { people, archive, openings } = await ask("/phones/organizer");
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
    const told = giver.tab.classList.contains("asked") ? "is told at once" : "is told with the first text that comes from that phone";
    const lines = opened.map(({ number, giver, receiver }) => `Opening ${number}: ${giver} gives to ${receiver}.`);
    by("opened").textContent = `${lines.join(" ")} It stands in the log for good, and ${giver.name} ${told}. `
      + "Text PROOF from any phone: it counts the opening.";
  } catch (error) {
    by("opened").textContent = why(error);
  }
  document.dispatchEvent(new Event("moved"));
}

export function organizer() {
  by("giver").append(...phones.map((phone, place) => new Option(phone.name, place)));
  by("audit").hidden = phones.length === 0;
  by("audit").addEventListener("submit", open);
  document.addEventListener("moved", look);
  look();
}
