// Keys that jump: an element says by data-key which single key brings somebody to it.

const inField = (element) => element.closest("input, select, textarea, [contenteditable]");

const WAIT_MS = 60; // A scanner's next key comes sooner: what it types is no command.

let waiting = 0;

// Before anybody else: the Enter that ends a scan is heard by nobody after the scan.
document.addEventListener("keydown", () => clearTimeout(waiting), true);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  const named = document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`);
  const wanted = [...named].find((element) => element.checkVisibility());
  if (!wanted) return;
  event.preventDefault();
  waiting = setTimeout(() => {
    wanted.focus();
    if (wanted.matches("a, button, summary")) wanted.click();
  }, WAIT_MS);
});

// A menu closes when somebody looks elsewhere; Escape gives the focus back to what opened it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
