// Whether the line to the server stands, and how long ago it was last heard, as the mark tells it.

const DEAD_MS = 25_000; // The server says something every ten seconds.

let heard = 0;

const say = (element, state, more = "") => {
  element.dataset.state = state;
  element.firstElementChild.textContent = element.dataset[state] + more;
};

const show = () => {
  const mark = document.getElementById("live");
  if (!mark || mark.dataset.state !== "on" || !mark.dataset.ago) return;
  const silent = Date.now() - heard;
  if (silent > DEAD_MS) say(mark, "off");
  else say(mark, "on", ` · ${mark.dataset.ago.replace("0", Math.floor(silent / 1000))}`);
};

const hear = (event) => {
  heard = Date.now();
  say(event.target, "on");
  show();
};

document.addEventListener("htmx:sse:after:connection", hear);
document.addEventListener("htmx:sse:after:message", hear);
document.addEventListener("htmx:sse:error", (event) => say(event.target, "off"));
document.addEventListener("htmx:sse:close", (event) => say(event.target, "off"));
setInterval(show, 1000);

// New rows wait behind a link: nothing moves under a finger.
document.addEventListener("news", () => {
  for (const link of document.querySelectorAll("[data-news]")) link.hidden = false;
});
