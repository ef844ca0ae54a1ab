// Service worker: keeps the report form and the drafts usable without a network, and sends what waits.
// The service puts in front of it: SHELL = { name, pages: path to address, otherwise: path, scripts }.
(function () {
  "use strict";
  const SHELL = self.SHELL;
  const PATIENCE_MS = 6000;  // a bar of signal that carries nothing is no network
  const PRIVATE = /^\/(seguimiento|personal|suscripcion|fotos|entrar|salir|api|ogc)(\/|$)/;

  importScripts.apply(null, SHELL.scripts);

  async function install() {
    const cache = await caches.open(SHELL.name);
    const files = new Set(["/manifest.webmanifest"]);
    await Promise.all(Object.keys(SHELL.pages).map(async function (path) {
      // without cookies: the page that everybody gets, not that of who is signed in
      const answer = await fetch(SHELL.pages[path], { credentials: "omit", cache: "no-store" });
      if (!answer.ok) { throw new Error("no " + path); }
      const text = await answer.clone().text();
      for (const found of text.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)) { files.add(found[1]); }
      await cache.put(path, answer);
    }));
    await cache.addAll(Array.from(files));
    await self.skipWaiting();
  }

  async function activate() {
    const names = await caches.keys();
    const old = names.filter(function (name) { return name.startsWith("shell-") && name !== SHELL.name; });
    await Promise.all(old.map(function (name) { return caches.delete(name); }));
    await self.clients.claim();
  }

  function kept(path) {
    return caches.open(SHELL.name).then(function (cache) { return cache.match(path, { ignoreSearch: true, ignoreVary: true }); });
  }

  async function page(request, path) {
    const instead = path in SHELL.pages ? path : SHELL.otherwise;
    try {
      return await Promise.race([fetch(request), new Promise(function (resolve, reject) {
        if (instead === path) { setTimeout(reject, PATIENCE_MS); }
      })]);
    } catch (error) {  // no network
      return (await kept(instead)) || Response.error();
    }
  }

  async function file(request) {
    const cache = await caches.open(SHELL.name);
    const exact = request.url.includes("?v=") ? await cache.match(request, { ignoreVary: true }) : undefined;
    if (exact) { return exact; }
    try {
      return await fetch(request);
    } catch (error) {  // no network
      return (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) || Response.error();
    }
  }

  self.addEventListener("install", function (event) { event.waitUntil(install()); });
  self.addEventListener("activate", function (event) { event.waitUntil(activate()); });
  async function sendAll() {
    await self.geoSending.run(true);
    if ((await self.geoSending.queue()).length) { throw new Error("something waits still"); }  // the browser wakes us again
  }

  self.addEventListener("sync", function (event) {
    if (event.tag === "drafts") { event.waitUntil(sendAll()); }
  });
  self.addEventListener("fetch", function (event) {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== self.location.origin || PRIVATE.test(url.pathname)) { return; }
    if (event.request.mode === "navigate") {
      event.respondWith(page(event.request, url.pathname));
    } else if (url.pathname.startsWith("/static/")) {
      event.respondWith(file(event.request));
    }
  });
})();
