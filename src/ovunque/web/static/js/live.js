// Whether the line to the server stands, as the mark at the top tells it.

const show = (element, state) => {
  element.dataset.state = state;
  element.firstElementChild.textContent = element.dataset[state];
};

document.addEventListener("htmx:sse:after:connection", (event) => show(event.target, "on"));
document.addEventListener("htmx:sse:error", (event) => show(event.target, "off"));
document.addEventListener("htmx:sse:close", (event) => show(event.target, "off"));

// New rows wait behind a link: nothing moves under a finger.
document.addEventListener("news", () => {
  for (const link of document.querySelectorAll("[data-news]")) link.hidden = false;
});
