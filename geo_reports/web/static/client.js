// What the pages that know drafts have in common: their words, the service worker, and sending what waits.
(function () {
  "use strict";
  const given = JSON.parse(document.querySelector("meta[name=client]").content);
  const EVERY_MS = 30000;

  // The words of a key with its {places} filled.
  function say(key, values) {
    return Object.keys(values || {}).reduce(function (text, name) {
      return text.replace("{" + name + "}", values[name]);
    }, given.words[key]);
  }

  function element(name, attributes, text) {
    const made = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function ago(time) {
    const minutes = Math.max(0, Math.round((Date.now() - time) / 60000));
    const format = new Intl.RelativeTimeFormat(given.locale, { numeric: "auto" });
    if (minutes < 1) { return given.words.now; }
    if (minutes < 60) { return format.format(-minutes, "minute"); }
    if (minutes < 60 * 24) { return format.format(-Math.round(minutes / 60), "hour"); }
    return format.format(-Math.round(minutes / (60 * 24)), "day");
  }

  // Storage may be refused: then there are no drafts, and the form works as it does without scripts.
  function quietly(promise) {
    return promise.catch(function (error) { console.warn(error); return null; });
  }

  function sendWaiting(again) {
    return quietly(self.geoSending.run(again));
  }

  // Asks the browser to wake the worker when the network is back, even when the page is closed.
  async function wake() {
    if (!("serviceWorker" in navigator)) { return; }
    const ready = await navigator.serviceWorker.ready;
    if (ready.sync) { await ready.sync.register("drafts"); }
  }

  // Deletes a draft while the page is left: its name waits outside the database until it is gone from there.
  const FORGET = "forget";

  function forget(id) {
    try { localStorage.setItem(FORGET, id); } catch (error) { /* storage is refused: then nothing was kept either */ }
    return forgetNow();
  }

  async function forgetNow() {
    let id = null;
    try { id = localStorage.getItem(FORGET); } catch (error) { return; }
    if (!id) { return; }
    await quietly(self.geoDrafts.remove(id).then(function () { localStorage.removeItem(FORGET); }));
  }

  window.geoClient = {
    given: given, say: say, element: element, ago: ago, quietly: quietly, sendWaiting: sendWaiting, forget: forget,
    wake: function () { return quietly(wake()); }
  };

  if ("serviceWorker" in navigator) {
    quietly(navigator.serviceWorker.register("/sw.js?lang=" + given.language, { updateViaCache: "none" }));
  }
  if (!("indexedDB" in window)) { return; }
  forgetNow();
  addEventListener("online", function () { sendWaiting(true); });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible" && navigator.onLine) { sendWaiting(false); }
  });
  setInterval(function () { if (navigator.onLine) { sendWaiting(false); } }, EVERY_MS);
  if (navigator.onLine) { sendWaiting(true); }
})();
