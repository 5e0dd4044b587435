// A count of shelves without a network: each scan shows at once, and is told once there is one.

import { tone } from "./sound.js";

/** One more unit on the page; whatever the code is, it is kept: that is no mistake. */
export const addCounted = (code, row) => {
  const total = document.querySelector("[data-counted]");
  if (!total) return;
  total.textContent = Number(total.textContent.replace(/\D/g, "")) + 1;
  const mine = row?.querySelector(".quantity");
  if (mine) mine.textContent = Number(mine.textContent.replace(/\D/g, "")) + 1;
  const entry = document.getElementById("log-entry").content.cloneNode(true);
  entry.querySelector("[data-code]").textContent = code;
  document.getElementById("log").prepend(entry);
};

/** The scan was taken: heard and felt as with a network. */
export const tellCounted = () => {
  navigator.vibrate?.(40);
  tone(880, 0.08);
};
