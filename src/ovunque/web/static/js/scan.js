// A scanner types like a keyboard, only faster: a burst of keys that ends with Enter is a scan,
// wherever the focus is. It goes to the one form of the page that takes scans.

import { tone } from "./sound.js";

const GAP_MS = 35;
const LENGTH_MIN = 4;

let burst = "";
let last = 0;

const typing = (element) => element.closest("input:not([type=hidden]), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const form = document.querySelector("form[data-scan]");
  if (!form || typing(event.target)) return;
  const quick = event.timeStamp - last < GAP_MS;
  last = event.timeStamp;
  if (event.key.length === 1) {
    burst = (quick ? burst : "") + event.key;
    return;
  }
  if (event.key === "Enter" && quick && burst.length >= LENGTH_MIN) {
    event.preventDefault();
    event.stopImmediatePropagation();
    form.querySelector("input:not([type=hidden])").value = burst;
    form.requestSubmit();
  }
  burst = "";
}, true);

// What went wrong is heard and felt as well as seen.
const notice = () => {
  const alarm = document.querySelector("[data-alarm]:not([data-told])");
  if (alarm) {
    alarm.dataset.told = "";
    alarm.querySelector("[data-dismiss]").focus();
    navigator.vibrate?.([200, 100, 200]);
    tone(180, 0.5);
    return;
  }
  const odd = document.querySelector("[data-odd]:not([data-told])");
  if (odd) {
    odd.dataset.told = "";
    navigator.vibrate?.([80, 60, 80]);
    tone(330, 0.25);
  }
  const hit = document.querySelector(".pick-hit:not([data-told])");
  if (hit) {
    hit.dataset.told = "";
    navigator.vibrate?.(40);
    tone(880, 0.08);
  }
};

document.addEventListener("alarm", notice);

// What was sent is typed over by the next code, which may come before the answer, and be the same.
let typed = false;

document.addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-scan]")) return;
  typed = false;
  target.querySelector("input:not([type=hidden])").select();
}, true);

document.addEventListener("input", ({ target }) => {
  if (target.matches("form[data-scan] input")) typed = true;
});

// After a scan the field is empty and has the focus again, unless something else wants it. Neither
// an answer nor news takes anything from who types or scans the next code.
document.addEventListener("htmx:after:swap", () => {
  notice();
  const field = document.querySelector("form[data-scan] input:not([type=hidden])");
  if (!field || document.querySelector("[data-alarm]")) return;
  if (!typed || document.activeElement !== field) field.value = "";
  field.focus();
});

notice();
