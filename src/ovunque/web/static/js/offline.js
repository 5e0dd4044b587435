// The store's pages without a network: what is done shows at once, waits in the outbox, and is
// told apart from what the server knows.

import { addCounted, tellCounted } from "./counting.js";
import { forgetPages, keepPages, keepThis } from "./kept.js";
import { entryOf, forget, keep, newKey, queued, refused } from "./outbox.js";

const box = document.getElementById("outbox");
const ROUNDS = 50_000; // A code of six digits is not guessed from a stolen page in a minute.

let waiting = 0;

const away = () => !navigator.onLine || waiting > 0;

// --- What the page shows. ---

const bare = (code) => {
  const found = code.match(/\/01\/(\d{8,14})|^\(?01\)?(\d{14})/);
  return (found?.[1] ?? found?.[2] ?? code.trim()).replace(/^0+/, "").toUpperCase();
};

const rowOf = (code) => [...document.querySelectorAll(".pick")].find((row) =>
  row.dataset.codes.split(" ").some((each) => bare(each) === bare(code)));

const count = () => {
  const meter = document.getElementById("progress");
  if (!meter) return;
  meter.value += 1;
  const label = document.querySelector('label[for="progress"] [data-say]');
  if (label) label.textContent = label.dataset.say.replace("#", meter.value);
};

const coded = (entry) => entry.fields.find(([name]) => name === "code" || name === "sku")?.[1] ?? "";

/** A word for why an act cannot be, by what the page shows. */
const doubt = (entry) => {
  if (entry.kind !== "scan" && entry.kind !== "pick") return "";
  const row = rowOf(coded(entry));
  if (!row) return "unwanted";
  return Number(row.dataset.left) < 1 ? "over" : "";
};

const showPicked = (row) => {
  const left = Number(row.dataset.left) - 1;
  row.dataset.left = left;
  row.querySelector(".quantity").textContent = left || "✓";
  row.classList.toggle("pick-done", left === 0);
  count();
};

/** Show an act as done. */
const apply = (entry) => {
  if (doubt(entry)) return;
  if (entry.kind === "count") addCounted(coded(entry), rowOf(coded(entry)));
  if (entry.kind === "scan" || entry.kind === "pick") showPicked(rowOf(coded(entry)));
  const picks = [...document.querySelectorAll(".pick")];
  const next = document.getElementById("next-offline");
  if (next && picks.length) next.hidden = picks.some((each) => Number(each.dataset.left) > 0);
  if (entry.kind === "pack" || entry.kind === "collect") {
    for (const form of document.querySelectorAll("form[data-queue]")) form.hidden = true;
  }
};

const isHere = (entry) => {
  const [, kind, name] = entry.path.split("/").map((each) => CSS.escape(each));
  return document.querySelector(`form[data-queue][action^="/${kind}/${name}/"]`) !== null;
};

const alarm = (name, code) => {
  const shown = document.getElementById(`alarm-${name}`).content.cloneNode(true);
  const text = shown.querySelector("p");
  text.textContent = text.textContent.replace("#", code);
  (document.getElementById("task") ?? document.getElementById("main")).append(shown);
  document.dispatchEvent(new Event("alarm"));
};

document.addEventListener("click", (event) => {
  const local = event.target.closest(".alarm [data-local]");
  if (!local) return;
  event.preventDefault();
  local.closest(".alarm").remove();
  document.querySelector("form[data-scan] input:not([type=hidden])")?.focus();
});

// --- What somebody does. ---

const isCode = async (form, code) => {
  const { proof, salt } = form.dataset;
  if (!proof || !crypto.subtle) return false;
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey("raw", bytes(code), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: ROUNDS };
  const found = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
  return [...found].map((each) => each.toString(16).padStart(2, "0")).join("") === proof;
};

document.addEventListener("unwanted", (event) => alarm("unwanted", event.detail));

/** Keep an act and then show it: whoever sees it on the page may close the page. */
const act = async (form, entry) => {
  const code = coded(entry).trim();
  if (entry.kind === "collect" && !form.elements.identity.value.trim()
    && !(await isCode(form, code))) return alarm("code", code);
  const why = doubt(entry);
  if (why) return alarm(why, code);
  await keep(entry);
  apply(entry);
  if (entry.kind === "count") tellCounted();
};

// One after the other, each judged by what those before it have left to do.
let done = Promise.resolve();

const later = (form, fields) => {
  const entry = entryOf(form, fields);
  if (["scan", "count"].includes(entry.kind) && !coded(entry).trim()) return;
  done = done.then(() => act(form, entry)).catch(() => alarm("unkept", coded(entry)));
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!box || form.method !== "post") return;
  if (form.dataset.queue) {
    form.elements.key.value = newKey();
    if (!away()) return;
  } else if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.queue) {
    later(form, new FormData(form));
    if (form.matches("[data-scan]")) form.elements.code.value = "";
  } else box.querySelector("[data-needs]").hidden = false;
}, true);

// The network went away while the server was being told: what it was told goes into the outbox, with
// the same key; the form may say something else by now.
document.addEventListener("htmx:error", ({ target: form, detail: { ctx } }) => {
  if (box && form.dataset?.queue && ctx && !ctx.response) later(form, ctx.request.body);
});

// --- What waits, and what was refused. ---

const show = async () => {
  const [mine, lost] = [await queued(), await refused()];
  waiting = mine.length;
  box.querySelector("[data-off]").hidden = navigator.onLine;
  const queue = box.querySelector("[data-queued]");
  queue.hidden = !waiting;
  queue.textContent = queue.dataset.queued.replace("#", waiting);
  const list = box.querySelector("ul");
  list.replaceChildren(...lost.map((entry) => {
    const item = box.querySelector("template").content.cloneNode(true);
    item.querySelector("strong").textContent = entry.order;
    item.querySelector("time").textContent = new Date(entry.at).toLocaleTimeString([], { timeStyle: "short" });
    item.querySelector("[data-why]").textContent = entry.why;
    item.querySelector("button").addEventListener("click", async () => {
      await forget(entry.id);
      show();
    });
    return item;
  }));
  box.hidden = navigator.onLine && !waiting && !lost.length;
  if (navigator.onLine) box.querySelector("[data-needs]").hidden = true;
};

// --- What is kept for when the network is away. ---

if (box) {
  navigator.serviceWorker?.register("/sw.js").then(keepPages).catch(() => {});
  document.addEventListener("htmx:after:swap", async () => {
    await keepPages();
    if (!waiting) await keepThis();
  });
  addEventListener("online", keepPages);
  document.addEventListener("outbox:changed", show);
  document.addEventListener("outbox:sent", () => location.reload());
  addEventListener("online", show);
  addEventListener("offline", show);
  show().then(queued).then((mine) => mine.filter(isHere).forEach(apply));
}

// Whoever comes to the door has left, or has to show who they are: nothing of before stays.
if (location.pathname === "/sign-in") forgetPages();
