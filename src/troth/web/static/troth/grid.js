// Keys for the table of a collection; everything they do can be done without them. They can be turned off (WCAG 2.1.4).
"use strict";

const grid = document.querySelector("[data-grid]"), keys = document.querySelector("[data-keys]");
const links = [...grid.querySelectorAll("tbody th a")], boxes = [...grid.querySelectorAll("[name=record]")];
const OFF = "grid-keys-off", ticked = grid.querySelector("[data-ticked]"), turn = keys.querySelector("button");

const count = () => {
  const many = boxes.filter((box) => box.checked).length;
  ticked.textContent = `${many} ticked:`;
};

const toggle = (isOff) => {
  localStorage.setItem(OFF, isOff ? "1" : "");
  turn.setAttribute("aria-pressed", String(isOff));
};

if (boxes.length) {
  const all = Object.assign(document.createElement("input"), { type: "checkbox" });
  all.setAttribute("aria-label", "All on this page");
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; count(); });
  grid.querySelector("thead .tick-cell").replaceChildren(all);
  grid.addEventListener("change", count);
  count();
}

keys.hidden = false;
toggle(localStorage.getItem(OFF) === "1");
turn.addEventListener("click", () => toggle(turn.getAttribute("aria-pressed") !== "true"));

document.addEventListener("keydown", (event) => {
  const at = event.target, row = at.closest("tbody tr"), here = row ? links.indexOf(row.querySelector("th a")) : -1;
  const isTyping = at.matches("input:not([type=checkbox]), select, textarea");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || turn.getAttribute("aria-pressed") === "true") return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const find = document.querySelector(".finder [name=text]");
  if (step && (here >= 0 || event.key.length === 1)) links[Math.max(0, Math.min(here + step, links.length - 1))].focus();
  else if (event.key === "/" && find) find.focus();
  else if (event.key === "x" && row && boxes[here]) boxes[here].click();
  else if (event.key === "e" && row && boxes.length) location.assign(`${links[here].pathname}edit/`);
  else return;
  event.preventDefault();
});
