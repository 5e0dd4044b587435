// Keeps the shell and the tasks of whoever works here: a reload without a network shows them.
// It never answers for the server as long as the server answers itself.

const VERSION = "{version}";
const SHELL = `ovunque-shell-${VERSION}`;
const PAGES = "ovunque-pages";
const FILES = {files};
const PATIENCE_MS = 8_000;
const PASSING = ["hit", "of", "scan", "seen"]; // They say what happened a moment ago.

self.addEventListener("install", (event) => {
  const filled = caches.open(SHELL).then((shell) => shell.addAll(FILES));
  event.waitUntil(filled.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const swept = caches.keys().then((names) => Promise.all(names
    .filter((name) => name.startsWith("ovunque-shell-") && name !== SHELL)
    .map((name) => caches.delete(name))));
  event.waitUntil(swept.then(() => self.clients.claim()));
});

const isOurs = (path) => path === "/tasks" || path === "/wave"
  || path.startsWith("/tasks/") || path.startsWith("/shelf-counts/");

const plain = (address) => {
  const url = new URL(address);
  for (const name of PASSING) url.searchParams.delete(name);
  return url.href;
};

const shell = async (request) =>
  (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

const patience = () => new Promise((_, failed) => {
  setTimeout(() => failed(new Error("the server does not answer")), PATIENCE_MS);
});

const page = async (request) => {
  const pages = await caches.open(PAGES);
  try {
    const answer = await Promise.race([fetch(request), patience()]);
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") await caches.delete(PAGES);
    else if (answer.ok) await pages.put(plain(answer.url), answer.clone());
    return answer;
  } catch (error) {
    if (request.mode !== "navigate") throw error; // Whoever keeps a page wants that of today.
    const found = await pages.match(plain(request.url), { ignoreVary: true })
      ?? await pages.match(new URL("/tasks", request.url).href, { ignoreVary: true });
    if (found && !found.redirected) return found;
    if (found) return new Response(found.body, { headers: found.headers });
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname === "/sign-out") event.waitUntil(caches.delete(PAGES)); // Nobody's any more.
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(shell(request));
  else if (isOurs(url.pathname)) event.respondWith(page(request));
});
