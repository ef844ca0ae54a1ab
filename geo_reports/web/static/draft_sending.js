// Sends what waits on this phone, each report once. Pages and the service worker load this file after draft_store.js.
(function () {
  "use strict";
  const drafts = self.geoDrafts;
  const FIRST_MS = 4000;  // a whole street gets its network back at once: not all phones may call in the same second
  const BETWEEN_MS = [100, 500];
  const BACK_OFF_MS = 5000;
  const LONGEST_MS = 600000;
  const PATIENCE_MS = 180000;
  const REFUSED = [400, 413, 415, 422];
  let running = null;
  let wanted = false;

  function pause(ms) { return new Promise(function (resolve) { setTimeout(resolve, ms); }); }

  function between(low, high) { return low + Math.random() * (high - low); }

  // One holder of a name at a time, in all tabs and the worker; where there are no locks the draft's key is enough.
  function alone(name, act) {
    return navigator.locks ? navigator.locks.request("geo-reports " + name, act) : act();
  }

  function first(draft, name) {
    const found = draft.fields.find(function (pair) { return pair[0] === name; });
    return found ? found[1].trim() : "";
  }

  function numeric(text) { return text === "" || !isFinite(Number(text)) ? null : Number(text); }

  // Longitude, latitude and accuracy as text; null where the draft says in words where it is.
  function pointOf(draft) {
    const found = first(draft, "found").split(" ");
    if (first(draft, "candidate")) { return null; }
    if (found.length === 2 || found.length === 3) { return [found[0], found[1], found[2] || ""]; }
    return first(draft, "lon") ? [first(draft, "lon"), first(draft, "lat"), first(draft, "accuracy_m")] : null;
  }

  // The same report that the form makes of these fields: the service tells a second sending by it.
  function bodyOf(draft) {
    const point = pointOf(draft);
    const hour = first(draft, "hour");
    const accuracy = point ? numeric(point[2]) : null;
    const body = {
      family: draft.family,
      category: first(draft, "category"),
      lon: point ? numeric(point[0]) : null,
      lat: point ? numeric(point[1]) : null,
      accuracy_m: accuracy !== null && accuracy >= 0 && accuracy <= 100000 ? accuracy : null,
      address: point ? null : first(draft, "candidate") || first(draft, "address"),
      description: first(draft, "description").replace(/\r?\n/g, "\r\n") || null,
      occurred_at: hour ? first(draft, "day") + "T" + hour + ":00" : first(draft, "day") || null,
      size: draft.family === "dump" ? first(draft, "size") || null : null,
      contact: first(draft, "contact") || null,
      sent_at: new Date().toISOString().slice(0, 19) + "Z"
    };
    if (draft.answers && Object.keys(draft.answers).length) { body.answers = draft.answers; }
    return body;
  }

  async function post(draft, proof) {
    const form = new FormData();
    form.append("report", JSON.stringify(bodyOf(draft)));
    for (const photo of await drafts.photosOf(draft)) {
      form.append("photo", new Blob([photo.bytes], { type: photo.type }), photo.name);
    }
    const headers = { "Idempotency-Key": draft.key };
    if (proof) { headers.Altcha = proof; }
    const stop = new AbortController();
    const timer = setTimeout(function () { stop.abort(); }, PATIENCE_MS);
    try {
      const answer = await fetch("/api/v1/reports", {
        method: "POST", body: form, headers: headers, credentials: "omit", redirect: "error", signal: stop.signal
      });
      // a network that wants a login answers everything with a page of its own
      const ours = (answer.headers.get("content-type") || "").startsWith("application/json");
      return { status: answer.status, body: ours ? await answer.json() : {}, wait: answer.headers.get("retry-after") };
    } finally {
      clearTimeout(timer);
    }
  }

  // While reports flood in each one must bring a number that takes seconds to find.
  async function solve() {
    const asked = await (await fetch("/api/v1/challenge", { credentials: "omit" })).json();
    const encoder = new TextEncoder();
    for (let number = 0; number <= asked.maxNumber; number += 1) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(asked.salt + number)));
      const hex = Array.from(digest, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
      if (hex === asked.challenge) { return btoa(JSON.stringify(Object.assign({}, asked, { number: number }))); }
    }
    return "";
  }

  function seconds(text) {
    if (!text) { return 0; }
    const said = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
    return said > 0 ? Math.min(said, 24 * 3600 * 1000) : 0;
  }

  async function later(draft, why, wait) {
    const back_off = Math.min(LONGEST_MS, BACK_OFF_MS * Math.pow(2, draft.tries)) * between(0.5, 1.5);
    const next = Date.now() + Math.max(wait, back_off);
    await drafts.change(draft.id, { state: "waiting", tries: draft.tries + 1, next: next, why: why });
    if (why !== "service") { return; }
    for (const other of await queue()) {  // who is told to wait waits with everything
      if (other.next < next) { await drafts.change(other.id, { next: next, why: why }); }
    }
  }

  // Gives false where trying the next draft makes no sense now.
  async function deliver(draft) {
    await drafts.change(draft.id, { state: "sending" });
    let answer;
    try {
      answer = await post(draft, "");
      if (answer.body.error === "proof_needed" && self.crypto.subtle) { answer = await post(draft, await solve()); }
    } catch (error) {  // no network, or it broke off: whether the report arrived the next try will tell
      await later(draft, "network", 0);
      return false;
    }
    if (answer.status < 300 && answer.body.code) {
      await drafts.finish(draft.id, answer.body.code);
      return true;
    }
    if (REFUSED.includes(answer.status) && answer.body.error) {
      await drafts.change(draft.id, { state: "refused", reason: answer.body.error });
      return true;
    }
    await later(draft, "service", seconds(answer.wait));
    return false;
  }

  // What waits, and what was being sent when its tab was closed: nobody else sends while the lock is held.
  async function queue() {
    const kept = await drafts.all();
    return kept.filter(function (draft) { return draft.state === "waiting" || draft.state === "sending"; });
  }

  async function sendAll(again) {
    const tried = new Set();
    let jitter = FIRST_MS;
    for (;;) {
      const due = (await queue()).find(function (draft) {
        return !tried.has(draft.id) && (draft.next <= Date.now() || (again && draft.why === "network"));
      });
      if (!due) { return; }
      await pause(jitter ? between(0, jitter) : between(BETWEEN_MS[0], BETWEEN_MS[1]));
      jitter = 0;
      tried.add(due.id);
      const go_on = await alone("draft " + due.id, async function () {
        const draft = await drafts.get(due.id);  // it may have been opened or deleted during the pause
        return draft && ["waiting", "sending"].includes(draft.state) ? deliver(draft) : true;
      });
      if (!go_on) { return; }
    }
  }

  // again: the network is back, so do not wait out what was set for the lack of it.
  function run(again) {
    wanted = true;
    running = running || alone("queue", async function () {
      while (wanted) {
        wanted = false;
        await sendAll(again);
      }
    }).finally(function () { running = null; });
    return running;
  }

  self.geoSending = { run: run, alone: alone, queue: queue };
})();
