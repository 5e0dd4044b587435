// What was done without a network is kept on the device, and sent in its order as soon as there is
// one. Each act has a key made here: heard twice, it is done once. What was refused meanwhile is
// kept as well, until somebody has read why.

const NAME = "ovunque-outbox";
const QUEUE = "queue";
const REFUSED = "refused";
const AGAIN_MS = 5_000;
const PATIENCE_MS = 10_000;
const LATER = new Set([408, 425, 429]); // And whatever is the server's own fault.

const promised = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

let opened = null;

const database = () => {
  opened ??= (() => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const each of [QUEUE, REFUSED]) {
        request.result.createObjectStore(each, { keyPath: "id", autoIncrement: true });
      }
    };
    return promised(request);
  })();
  return opened;
};

const store = async (name, mode) =>
  (await database()).transaction(name, mode).objectStore(name);

const person = () => document.getElementById("outbox")?.dataset.person;

/** What this person has in a box, in the order in which it was done. */
const listed = async (name) =>
  (await promised((await store(name, "readonly")).getAll()))
    .filter((each) => each.person === person());

export const queued = () => listed(QUEUE);
export const refused = () => listed(REFUSED);
export const forget = async (id) => promised((await store(REFUSED, "readwrite")).delete(id));

const tell = (name) => document.dispatchEvent(new Event(name));

export const newKey = () =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");

/** What a form says, by whom and when: it can be kept for later. */
export const entryOf = (form, fields) => ({
  person: person(),
  kind: form.dataset.queue,
  path: new URL(form.action).pathname,
  order: document.querySelector("[data-order]")?.dataset.order ?? "",
  fields: [...fields].filter(([name]) => name !== "form_key"),
  at: Date.now(),
});

/** Keep an act for later; done once the device has it, whatever becomes of the page. */
export const keep = async (entry) => {
  const box = await store(QUEUE, "readwrite");
  await new Promise((done, failed) => {
    box.transaction.oncomplete = done;
    box.transaction.onabort = () => failed(box.transaction.error);
    box.add(entry);
  });
  tell("outbox:changed");
};

/** Why the server said no, in the words of the page that it answered. */
const reason = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const said = page.querySelector("[data-alarm], [data-outcome], [data-refusal], main");
  const texts = [...(said?.querySelectorAll("h1, h2, p") ?? [])].map((each) => each.textContent);
  return (texts.length ? texts : [said?.textContent ?? ""])
    .map((each) => each.trim().replace(/\s+/g, " ")).filter(Boolean).join(" ");
};

/** Send one; false: not now, and nothing after it either. */
const post = async (entry) => {
  const body = new URLSearchParams(entry.fields);
  // By one and the same clock, so that it need not go right.
  if (entry.kind === "count") body.set("age_s", Math.max(0, Math.round((Date.now() - entry.at) / 1000)));
  body.set("form_key", document.querySelector('input[name="form_key"]')?.value ?? "");
  let answer = null;
  try {
    answer = await fetch(entry.path, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return false;
  }
  const path = new URL(answer.url).pathname;
  if (path === "/sign-in" || answer.status >= 500 || LATER.has(answer.status)) return false;
  if (answer.status >= 400) {
    const html = await answer.text();
    // The form is older than the session: it goes after a reload.
    if (answer.status === 403 && !html.includes("data-refusal")) return false;
    const why = reason(html);
    const { id, ...told } = entry;
    await promised((await store(REFUSED, "readwrite")).add({ ...told, why }));
  }
  await promised((await store(QUEUE, "readwrite")).delete(entry.id));
  return true;
};

const drain = async () => {
  let sent = 0;
  for (const entry of await queued()) {
    if (!(await post(entry))) break;
    sent += 1;
    tell("outbox:changed");
  }
  if (sent) tell("outbox:sent");
};

/** One page at a time sends; the others see what comes of it. */
export const send = async () => {
  if (!navigator.onLine || !person() || !(await queued()).length) return;
  if (navigator.locks) await navigator.locks.request(NAME, { ifAvailable: true }, (lock) => lock && drain());
  else await drain();
};

if (document.getElementById("outbox")) {
  addEventListener("online", send);
  setInterval(send, AGAIN_MS);
  send();
}
