// Counts the last hour of a milestone down; what stands there before is the server's text.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SOON_MS = 15 * MINUTE_MS;

import { tone } from "./sound.js";

const told = new Set(); // Clocks that have run out, each heard once.

const digits = (number) => String(number).padStart(2, "0");

/** The clock of something that somebody waits for has run out while the page was open. */
const runOut = (time) => {
  const name = `${time.closest("[data-express]").id} ${time.dateTime}`;
  if (told.has(name)) return;
  told.add(name);
  const chip = time.closest("[data-tone]");
  if (chip) chip.dataset.tone = "danger";
  time.textContent = "00:00";
  tone(440, 1.2);
};

const tick = () => {
  for (const time of document.querySelectorAll("time[data-due]")) {
    const left = Date.parse(time.dateTime) - Date.now();
    if (left <= 0 && time.closest("[data-express]")) runOut(time);
    if (left <= 0 || left > HOUR_MS) continue;
    const seconds = Math.floor(left / 1000);
    time.textContent = `${digits(Math.floor(seconds / 60))}:${digits(seconds % 60)}`;
    const chip = time.closest("[data-tone]");
    if (chip && left < SOON_MS) chip.dataset.tone = "warning";
  }
};

tick();
setInterval(tick, 1000);

// What can be undone counts its seconds down, and goes when it is over.
const wane = () => {
  for (const bar of document.querySelectorAll("[data-undo]")) {
    const left = Math.ceil((Date.parse(bar.dataset.undo) - Date.now()) / 1000);
    if (left <= 0) bar.remove();
    else bar.querySelector("[data-left]").textContent = left;
  }
};

wane();
setInterval(wane, 250);
