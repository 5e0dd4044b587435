// New work is heard, stands in the title of the window, and waits until somebody wants to see it.

import { tone } from "./sound.js";

const list = () => document.getElementById("tasks");
const title = document.title;

let before = Number(list()?.dataset.fresh ?? 0);

const mark = (count) => {
  document.title = count ? `(${count}) ${title}` : title;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
};

document.addEventListener("htmx:after:swap", () => {
  if (!list()) return;
  const count = Number(list().dataset.fresh);
  if (count > before) tone(660, 0.15);
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
