// New work is heard, stands in the title of the window, and waits until somebody wants to see it.

import { tone } from "./sound.js";

const list = () => document.getElementById("tasks");
const title = document.title;

let before = Number(list()?.dataset.fresh ?? 0);
let hasty = Number(list()?.dataset.hasty ?? 0);

const mark = (count) => {
  document.title = count ? `(${count}) ${title}` : title;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
};

document.addEventListener("htmx:after:swap", () => {
  if (!list()) return;
  const count = Number(list().dataset.fresh);
  const urgent = Number(list().dataset.hasty);
  if (urgent > hasty) tone(880, 0.6); // Somebody waits for it now: another sound, and a longer one.
  else if (count > before) tone(660, 0.15);
  hasty = urgent;
  before = count;
  mark(count);
});

document.addEventListener("click", (event) => {
  const reveal = event.target.closest("[data-reveal]");
  if (!reveal) return;
  event.preventDefault();
  const [first, ...others] = document.querySelectorAll(".task[hidden]");
  for (const row of [first, ...others]) row.hidden = false;
  reveal.remove();
  first?.querySelector("button, a")?.focus();
});

if (list()) mark(before);
