// Reports that wait on this phone, in a database of the browser. Pages and the service worker load this file.
(function () {
  "use strict";
  const NAME = "geo-reports";
  // One step per version of the schema, each of which only adds: a step that took away would take a person's words.
  const STEPS = [
    function (db) {
      db.createObjectStore("drafts", { keyPath: "id" });
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("draft", "draft");
    }
  ];
  const STORES = ["drafts", "photos"];
  const channel = "BroadcastChannel" in self ? new BroadcastChannel(NAME) : null;
  const listeners = [];
  let opened = null;

  function ask(version) {
    return new Promise(function (resolve, reject) {
      const request = indexedDB.open(NAME, version);
      request.onupgradeneeded = function (event) {
        STEPS.slice(event.oldVersion).forEach(function (step) { step(request.result, request.transaction); });
      };
      request.onsuccess = function () { resolve(request.result); };
      request.onerror = function () { reject(request.error); };
    });
  }

  function open() {
    opened = opened || ask(STEPS.length).catch(function (error) {
      if (error.name !== "VersionError") { throw error; }
      return ask(undefined);  // a newer page was here: what it added does not hurt
    }).then(function (db) {
      db.onversionchange = function () { db.close(); opened = null; };  // or a newer page would wait for this one
      db.onclose = function () { opened = null; };
      return db;
    });
    opened.catch(function () { opened = null; });
    return opened;
  }

  // Runs act(drafts, photos, give) in one transaction; what `act` gave is the answer, once all of it is on disk.
  async function within(mode, act) {
    const db = await open();
    return new Promise(function (resolve, reject) {
      const tx = db.transaction(STORES, mode, { durability: "strict" });
      const found = {};
      tx.oncomplete = function () {
        if (mode === "readwrite") { tell(); }
        resolve(found.value);
      };
      tx.onabort = tx.onerror = function () { reject(tx.error); };
      act(tx.objectStore("drafts"), tx.objectStore("photos"), function (value) { found.value = value; });
    });
  }

  function tell() {
    listeners.forEach(function (listener) { listener(); });
    if (channel) { channel.postMessage("changed"); }
  }

  function onchange(listener) {
    listeners.push(listener);
    if (channel) { channel.addEventListener("message", listener); }
  }

  function random() {
    if (crypto.randomUUID) { return crypto.randomUUID(); }  // absent without HTTPS
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return byte.toString(16).padStart(2, "0");
    }).join("");
  }

  // The key is made with the draft: however often and by whichever way it is sent, it becomes one report.
  function fresh() {
    const now = Date.now();
    return { id: random(), key: random(), state: "writing", fields: [], photos: [], made: now, changed: now, tries: 0, next: 0 };
  }

  function get(id) {
    return within("readonly", function (drafts, photos, give) {
      drafts.get(id).onsuccess = function (event) { give(event.target.result || null); };
    });
  }

  function all() {
    return within("readonly", function (drafts, photos, give) {
      drafts.getAll().onsuccess = function (event) {
        give(event.target.result.sort(function (one, other) { return one.made - other.made; }));
      };
    });
  }

  // Photos of a draft in its order, as they are sent.
  async function photosOf(draft) {
    const found = await within("readonly", function (drafts, photos, give) {
      photos.index("draft").getAll(draft.id).onsuccess = function (event) { give(event.target.result); };
    });
    return draft.photos.map(function (id) {
      return found.find(function (photo) { return photo.id === id; });
    }).filter(Boolean);
  }

  // Keeps a draft with exactly the photos it names, `added` being those not kept yet; false where it was sent meanwhile.
  function save(draft, added) {
    return within("readwrite", function (drafts, photos, give) {
      drafts.get(draft.id).onsuccess = function (event) {
        const before = event.target.result;
        give(!before || before.state !== "sent");
        if (before && before.state === "sent") { return; }
        drafts.put(draft);
        added.forEach(function (photo) { photos.put(photo); });
        dropPhotos(photos, draft.id, draft.photos);
      };
    });
  }

  // Changes what is kept, unless the draft is gone or was sent meanwhile; gives the changed draft or null.
  function change(id, values) {
    return within("readwrite", function (drafts, photos, give) {
      drafts.get(id).onsuccess = function (event) {
        const draft = event.target.result;
        if (!draft || draft.state === "sent") { give(null); return; }
        drafts.put(Object.assign(draft, values));
        give(draft);
      };
    });
  }

  function dropPhotos(photos, id, but) {
    photos.index("draft").openKeyCursor(id).onsuccess = function (event) {
      const cursor = event.target.result;
      if (!cursor) { return; }
      if (!but.includes(cursor.primaryKey)) { photos.delete(cursor.primaryKey); }
      cursor.continue();
    };
  }

  // Of what was sent only the code and the day remain.
  function finish(id, code) {
    return within("readwrite", function (drafts, photos) {
      const now = Date.now();
      drafts.put({ id: id, state: "sent", code: code, fields: [], photos: [], made: now, changed: now });
      dropPhotos(photos, id, []);
    });
  }

  function remove(id) {
    return within("readwrite", function (drafts, photos) {
      drafts.delete(id);
      dropPhotos(photos, id, []);
    });
  }

  function wipe() {
    return within("readwrite", function (drafts, photos) { drafts.clear(); photos.clear(); });
  }

  self.geoDrafts = {
    fresh: fresh, random: random, get: get, all: all, photosOf: photosOf, save: save, change: change, finish: finish,
    remove: remove, wipe: wipe, onchange: onchange
  };
})();
