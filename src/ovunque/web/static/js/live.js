// Whether the line to the server stands, and how long ago it was last heard, as the mark tells it.

const DEAD_MS = 25_000; // The server says something every ten seconds.

let heard = 0;
let told = 0; // When there was news last.
let lines = 0; // How often the line was put up.

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

// Whoever listens to the mark asks for itself again; lists that wait for a finger do not.
const again = () => document.getElementById("live")?.dispatchEvent(new Event("news"));

document.addEventListener("htmx:sse:after:connection", (event) => {
  hear(event);
  lines += 1;
  if (lines > 1) again(); // What was told while the line was down nobody has heard.
});
document.addEventListener("htmx:sse:after:message", hear);
document.addEventListener("htmx:sse:error", (event) => say(event.target, "off"));
document.addEventListener("htmx:sse:close", (event) => say(event.target, "off"));
setInterval(show, 1000);

// News that comes while an answer is on its way may not be in it: it is asked for once more.
document.addEventListener("news", () => {
  told = performance.now();
}, true); // Before anybody asks because of it.
document.addEventListener("htmx:before:request", ({ detail }) => {
  detail.ctx.askedAt = performance.now();
});
document.addEventListener("htmx:after:swap", ({ detail }) => {
  detail.ctx.target.shownAt = performance.now();
  if (told > detail.ctx.askedAt) again();
});

// What was asked because of news, and overtaken by the answer to what somebody did, is old: shown now
// it would take the page back to before it.
document.addEventListener("htmx:before:swap", (event) => {
  const { askedAt, sourceEvent, target } = event.detail.ctx;
  if (sourceEvent?.type !== "news") return;
  for (let shown = target; shown; shown = shown.parentElement) {
    if (shown.shownAt > askedAt) {
      event.preventDefault();
      again();
      return;
    }
  }
});

// New rows wait behind a link: nothing moves under a finger.
document.addEventListener("news", () => {
  for (const link of document.querySelectorAll("[data-news]")) link.hidden = false;
});
