// The pages of tasks that a device keeps for when the network is away: each is brought once, and
// again only when the list says that its task has changed.

const PAGES = "ovunque-pages";
const MARKS = `/tasks/marks/${new URL(import.meta.url).pathname.split("/")[2]}`; // Of this version.
const AT_ONCE = 4;
const AGAIN_MS = 5_000;

let round = null;
let later = 0;

const canKeep = () => Boolean(navigator.serviceWorker && window.caches); // Else: no safe address.

/** What the list names: tasks, and the mark of how each stands. */
const named = () => new Map((document.getElementById("tasks")?.dataset.keep ?? "").split(" ")
  .filter(Boolean).map((each) => each.split(":")));

const bring = async () => {
  const pages = await caches.open(PAGES);
  const marks = new Map(Object.entries((await (await pages.match(MARKS))?.json()) ?? {}));
  const wanted = named();
  const gone = [...marks.keys()].filter((name) => !wanted.has(name));
  const missing = [...wanted.keys()].filter((name) => marks.get(name) !== wanted.get(name));
  if (!gone.length && !missing.length) return;
  for (const name of gone) {
    marks.delete(name);
    await pages.delete(`/tasks/${name}`);
  }
  let failed = false;
  while (missing.length) {
    await Promise.all(missing.splice(0, AT_ONCE).map((name) => pages.add(`/tasks/${name}`)
      .then(() => marks.set(name, wanted.get(name)), () => { failed = true; })));
    await pages.put(MARKS, Response.json(Object.fromEntries(marks)));
  }
  if (failed) throw new Error("some pages did not come");
};

/** Keep what the list names, one round after another; what did not come is asked for again. */
export const keepPages = () => {
  if (!document.getElementById("tasks") || !canKeep() || !navigator.onLine) return round;
  clearTimeout(later);
  round = (round ?? navigator.serviceWorker.ready).then(bring).catch(() => {
    later = setTimeout(keepPages, AGAIN_MS);
  });
  return round;
};

/** A page as the server has just told it: it is kept before anything is done to it here. */
export const keepThis = async () => {
  if (!canKeep() || document.querySelector("[data-alarm]") || !document.getElementById("task")) return;
  const pages = await caches.open(PAGES);
  const before = await pages.match(location.href, { ignoreVary: true });
  if (!before) return;
  const html = `<!doctype html>${document.documentElement.outerHTML}`;
  await pages.put(location.href, new Response(html, { headers: before.headers }));
};

export const forgetPages = () => window.caches?.delete(PAGES);
