// Makes the report form easier, and keeps what is written on this phone; without this file the form works as it is.
(function () {
  "use strict";
  const client = window.geoClient;
  const drafts = self.geoDrafts;
  const given = client.given;
  const say = client.say;
  const element = client.element;
  const PATH = "/reportar";
  const TYPING_MS = 300;
  const PATIENCE_MS = 180000;
  // What belongs to one answer of the service, not to the report.
  const NOT_KEPT = ["key", "proof", "ticket", "held", "photo", "spot", "step", "nearby_seen", "again"];
  const main = document.querySelector("main");
  let form = main.querySelector("form[data-report]");
  if (!form || new URL(form.action).pathname !== PATH) { return; }

  let draft = drafts.fresh();
  let kept = false;  // whether anything of it is on this phone
  let photos = [];
  let gallery = null;
  let place = null;
  let saving = Promise.resolve();
  let timer = 0;
  let busy = false;
  let left = false;  // by the quick exit: nothing is written down any more

  // --- what the form asks, depending on what was answered ---

  function familyOf(category) { return (given.categories[category] || [])[0] || ""; }

  function valueOf(data, name) { return String(data.get(name) || ""); }

  // What is written about security stays off a phone that others may use, until its sender wants to send it.
  function secret(data) {
    return !draft.asked && (familyOf(valueOf(data, "category")) || valueOf(data, "family")) === "security";
  }

  // Only the categories and questions of what was chosen; what is hidden is not sent.
  function narrow() {
    const data = new FormData(form);
    const category = valueOf(data, "category");
    const kind = valueOf(data, "family") || familyOf(category);
    const select = form.elements.category;
    if (select instanceof HTMLSelectElement) { narrowList(select, valueOf(data, "family")); }
    form.querySelectorAll("[data-only]").forEach(function (part) { part.hidden = Boolean(kind) && part.dataset.only !== kind; });
    form.querySelectorAll("[data-question]").forEach(function (part) {
      const question = given.questions[part.dataset.question];
      part.hidden = Boolean(question && category) && !asked(question, category);
    });
  }

  function asked(question, category) {
    return question.family === familyOf(category) && (!question.categories.length || question.categories.includes(category));
  }

  const lists = new WeakMap();
  function narrowList(select, kind) {
    if (!lists.has(select)) { lists.set(select, Array.from(select.querySelectorAll("optgroup"))); }
    const value = select.value;
    const groups = lists.get(select);
    groups.forEach(function (group) { group.remove(); });
    groups.forEach(function (group) { if (!kind || group.dataset.family === kind) { select.append(group); } });
    select.value = value;
    if (select.selectedIndex < 0) { select.value = ""; }
  }

  // --- the draft ---

  function answersIn(data, category) {
    const answers = {};
    Object.keys(given.questions).forEach(function (id) {
      const question = given.questions[id];
      const chosen = data.getAll("answer." + id).filter(Boolean);
      if (!chosen.length || !asked(question, category)) { return; }
      const last = chosen[chosen.length - 1];
      answers[id] = { yes_no: last === "yes", choices: chosen, choice: last }[question.kind];
    });
    return answers;
  }

  function take(data) {
    const category = valueOf(data, "category");
    draft.fields = Array.from(data.entries()).filter(function (pair) {
      return typeof pair[1] === "string" && pair[1] !== "" && !NOT_KEPT.includes(pair[0]);
    });
    if (/^\S+ \S+$/.test(valueOf(data, "spot")) && !["lon", "address", "candidate", "found"].some(function (name) { return valueOf(data, name); })) {
      draft.fields.push(["found", valueOf(data, "spot")]);  // the place of a photo, confirmed on the form
    }
    draft.family = familyOf(category);
    draft.label = (given.categories[category] || ["", ""])[1];
    draft.where = valueOf(data, "candidate") || valueOf(data, "address");
    draft.answers = answersIn(data, category);
    draft.photos = photos.map(function (photo) { return photo.id; });
    draft.changed = Date.now();
  }

  // Writes the draft down; one after the other, so that the last is what stays.
  function keep(added) {
    const record = structuredClone(draft);
    const files = filesOf(record, added);
    saving = saving.then(async function () {
      if (left) { return; }
      try {
        const open = await drafts.save(record, files);
        tell(open ? "kept" : "already_sent");
        if (open && !kept) {
          kept = true;
          history.replaceState(history.state, "", PATH + "?borrador=" + record.id + location.hash);
        }
      } catch (error) {  // no room, or storage is refused: the form goes on without
        console.warn(error);
        tell("not_kept");
      }
    });
    return saving;
  }

  function filesOf(record, some) {
    return some.map(function (photo) {
      return { id: photo.id, draft: record.id, bytes: photo.bytes, type: photo.type, name: photo.name };
    });
  }

  function changed(added) {
    clearTimeout(timer);
    timer = 0;
    const data = new FormData(form);
    take(data);
    if (secret(data)) { return unkeep(); }
    return keep(kept ? added : photos);  // all of them where the kind was another one before
  }

  // Takes what is being written off this phone, once what is being written down is there.
  function unkeep() {
    tell("secret_not_kept");
    if (!kept) { return saving; }
    kept = false;
    history.replaceState(history.state, "", PATH + location.hash);
    saving = saving.then(function () { return client.quietly(drafts.remove(draft.id)); });
    return saving;
  }

  // The page is about to go: what was not done by then the next page of this form does.
  document.addEventListener("quick-exit", function () {
    left = true;
    clearTimeout(timer);
    timer = 0;
    client.forget(draft.id);
    form.reset();
    main.replaceChildren();
  });

  function tell(key) {
    const line = main.querySelector("[data-draft-says]");
    if (!line) { return; }
    line.replaceChildren(say(key) + " ", element("a", { href: "/borradores" }, say("see_drafts")));
  }

  function fill(fields) {
    Array.from(form.elements).forEach(function (field) {
      const values = fields.filter(function (pair) { return pair[0] === field.name; }).map(function (pair) { return pair[1]; });
      if (!field.name || NOT_KEPT.includes(field.name)) { return; }
      if (field.type === "radio" || field.type === "checkbox") {
        if (values.length || field.type === "checkbox") { field.checked = values.includes(field.value); }
      } else if (values.length) { field.value = values[0]; }
      const fold = values.length && field.closest("details");
      if (fold) { fold.open = true; }
    });
  }

  // Opening a draft takes it out of what waits to be sent, once nobody is sending it.
  async function reopen(id) {
    const found = await self.geoSending.alone("draft " + id, async function () {
      return (await drafts.change(id, { state: "writing" })) || drafts.get(id);
    });
    if (!found) { return; }
    if (found.state === "sent") {
      notice(say("already_sent"), "/seguimiento/" + found.code, found.code);
      return;
    }
    draft = found;
    kept = true;
    const files = await drafts.photosOf(found);
    for (const photo of files) { photo.thumb = await window.geoPhotos.thumbOf(photo); }
    photos.push.apply(photos, files);
    fill(found.fields);
    narrow();
    gallery.show();
    place.show();
  }

  async function remind() {
    const unsent = (await drafts.all()).filter(function (one) { return one.state !== "sent" && one.id !== draft.id; });
    const last = unsent.filter(function (one) { return one.state === "writing"; }).pop();
    if (last) {
      notice(say("unfinished", { age: client.ago(last.changed) }), PATH + "?borrador=" + last.id, say("continue"));
    } else if (unsent.length) {
      notice(say("unsent", { n: unsent.length }), "/borradores", say("see_drafts"));
    }
  }

  function notice(text, href, name) {
    const box = element("p", { class: "notice", "data-draft-notice": "" }, text + " ");
    box.append(element("a", { href: href }, name));
    form.before(box);
  }

  // --- sending ---

  function ours(sent) {
    return sent.method === "post" && new URL(sent.getAttribute("action") || "", location.href).pathname === PATH;
  }

  // A button may lead elsewhere than its form: to add one's voice to a report that is there.
  function wayOf(submitter) { return (submitter && submitter.getAttribute("formaction")) || PATH; }

  function dataOf(sent, submitter) {
    const data = new FormData(sent);
    if (submitter && submitter.name) { data.append(submitter.name, submitter.value); }
    data.set("key", draft.key);
    if (sent.querySelector("#photo")) {
      data.delete("held");
      data.delete("photo");
      photos.forEach(function (photo) {
        if (photo.ticket) { data.append("held", photo.ticket); } else {
          data.append("photo", new Blob([photo.bytes], { type: photo.type }), photo.name);
        }
      });
    }
    return data;
  }

  function wait(sent, submitter) {
    const line = element("p", { class: "notice sending", role: "status" });
    line.append(say("sending"), element("progress", { "aria-label": say("sending") }));
    if (submitter) { submitter.setAttribute("aria-disabled", "true"); }
    (submitter && submitter.closest(".actions") || sent.lastElementChild).after(line);
    return function () {
      line.remove();
      if (submitter) { submitter.removeAttribute("aria-disabled"); }
    };
  }

  async function submit(sent, submitter) {
    const done = wait(sent, submitter);
    try {
      await (sent.querySelector("#photo") ? gallery.ready() : null);
      const data = dataOf(sent, submitter);
      take(data);
      await (secret(data) ? unkeep() : keep(kept ? [] : photos));
      await self.geoSending.alone("draft " + draft.id, function () { return hand(data, wayOf(submitter)); });
    } finally {
      done();
    }
  }

  // Hands the form over; what comes back is the receipt, another page of the form, or nothing.
  async function hand(data, way) {
    const stop = new AbortController();
    const clock = setTimeout(function () { stop.abort(); }, PATIENCE_MS);
    let answer;
    let page;
    try {
      answer = await fetch(way, { method: "POST", body: data, signal: stop.signal });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch (error) {  // no network, or it broke off
      return way === PATH ? later() : fault(say("not_sent"));
    } finally {
      clearTimeout(clock);
    }
    const next = page.querySelector("main#content");
    if (!next) { return later(); }  // a network that wants a login answers with a page of its own
    if (answer.redirected && answer.ok) { return leave(answer.url); }
    const more = Array.from(next.querySelectorAll("form")).some(ours);
    if (!answer.ok && !more) { return fault(next.textContent.trim().replace(/\s+/g, " ")); }
    if (!more) { await client.quietly(drafts.remove(draft.id)); }
    return swap(page, next);
  }

  // On to the receipt, or to the report that got a voice more; of this one the code remains, if it has one.
  async function leave(url) {
    const code = new URL(url).pathname.match(/^\/seguimiento\/([^/]+)$/);
    const keeps = code && draft.family !== "security";  // the receipt shows it, and nothing of it stays here
    await client.quietly(keeps ? drafts.finish(draft.id, decodeURIComponent(code[1])) : drafts.remove(draft.id));
    kept = false;
    location.assign(url);
  }

  function fault(text, field) {
    const old = main.querySelector("[data-fault]");
    if (old) { old.remove(); }
    const box = element("div", { class: "error-summary", role: "alert", tabindex: "-1", "data-fault": "" });
    box.append(field ? element("a", { href: "#" + field }, text) : text);
    (form.isConnected ? form : main.firstElementChild).before(box);
    box.focus();
  }

  // Without a network nobody can look at it first: it waits on this phone as it is.
  async function later() {
    const has = function (name) { return draft.fields.some(function (pair) { return pair[0] === name; }); };
    if (!has("category")) { return fault(say("choose_category"), "category"); }
    if (!["address", "lon", "candidate", "found"].some(has)) { return fault(say("choose_place"), "address"); }
    const waits = Object.assign(structuredClone(draft), { state: "waiting", next: 0, why: "network", asked: true });
    if (left || !await client.quietly(drafts.save(waits, filesOf(waits, kept ? [] : photos)))) { return fault(say("no_network_not_kept")); }
    client.wake();
    if (navigator.storage && navigator.storage.persist) { client.quietly(navigator.storage.persist()); }
    return saved();
  }

  function saved() {
    const id = draft.id;
    draft = drafts.fresh();  // that one is no longer being written: leaving quickly does not delete it
    const panel = document.getElementById("saved-offline").content.cloneNode(true);
    const says = panel.querySelector("[data-saved-says]");
    main.replaceChildren(panel);
    history.replaceState(null, "", PATH);
    main.querySelector("h1").focus();
    drafts.onchange(async function () {
      const now = await drafts.get(id);
      if (now && now.state === "sent" && says.isConnected) {
        says.replaceChildren(say("sent_now") + " ", element("a", { href: "/seguimiento/" + now.code }, now.code));
      }
    });
    return undefined;
  }

  function swap(page, next) {
    const step = !next.querySelector("#photo") && main.querySelector("#photo");
    document.title = page.title;
    main.replaceChildren.apply(main, Array.from(document.importNode(next, true).childNodes));
    if (step) { history.pushState({ step: true }, "", location.href); }
    scrollTo(0, 0);
    const tickets = Array.from(main.querySelectorAll("[name=held]"));
    photos.forEach(function (photo, number) {
      photo.ticket = tickets.length === photos.length ? tickets[number].value : "";
    });
    page.querySelectorAll("head script[src]").forEach(function (script) {
      const src = script.getAttribute("src");
      const here = document.querySelector('script[src="' + src + '"]');
      if (!here || src.includes("/proof.js")) { document.head.append(element("script", { src: src })); }
    });
    const found = main.querySelector("form[data-report]");
    if (found) { begin(found, tickets); }
    const key = main.querySelector("input[name=key]");
    if (key && key.value && key.value !== draft.key) { draft.key = key.value; }  // the old one belongs to another report
    const focus = main.querySelector("[data-focus]") || main.querySelector("h1") || main;
    if (!focus.hasAttribute("tabindex")) { focus.setAttribute("tabindex", "-1"); }
    focus.focus();
    return undefined;
  }

  // --- one form at a time ---

  function begin(found, tickets) {
    form = found;
    // photos show as a list of their own, with what was sent before among them
    tickets.forEach(function (ticket) { (ticket.closest("label") || ticket).remove(); });
    gallery = window.geoPhotos.setUp(form.querySelector("#photo"), photos, {
      onchange: function (added) { changed(added); },
      onplace: function (at) {
        if (!form.elements.lon.value) { place.offer(at, form.querySelector(".photos")); }
      }
    });
    place = window.geoPlace.setUp(form, form.querySelector("[data-locate]"));
    form.append(element("p", { class: "help muted", "data-draft-says": "" }));
    const day = form.elements.day;
    if (day) { day.max = new Date(Date.now() - 60000 * new Date().getTimezoneOffset()).toISOString().slice(0, 10); }
    form.addEventListener("change", function (event) {
      narrow();
      if (event.target.type !== "file") { changed([]); }
    });
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () { changed([]); }, TYPING_MS);
    });
    narrow();
  }

  // Puts the photos into their field again: a form that the browser sends by itself has no other way to take them along.
  function giveBack(field) {
    if (!field || !window.DataTransfer) { return; }
    const files = new DataTransfer();
    photos.forEach(function (photo) { files.items.add(new File([photo.bytes], photo.name, { type: photo.type })); });
    field.files = files.files;
  }

  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || !ours(event.target)) { return; }
    const by = event.submitter;
    if (by && by.hasAttribute("data-switch-form")) {  // another language: the page comes anew, with the draft
      if (!kept) { return giveBack(event.target.querySelector("#photo")); }  // or, where nothing is kept, from the service
      event.preventDefault();
      gallery.ready().then(function () { return saving; }).then(function () {
        location.assign(wayOf(by) + "&borrador=" + draft.id);
      });
      return;
    }
    event.preventDefault();
    if (busy) { return; }  // a second tap
    busy = true;
    submit(event.target, event.submitter).catch(function (error) {
      console.error(error);
      fault(say("not_sent"));
    }).finally(function () { busy = false; });
  });
  // Back from a later step: the form is made anew from its draft, or from what the step carries. A link within the page is no way back.
  let hash = location.hash;
  addEventListener("popstate", function () {
    const edit = !kept && main.querySelector("[name=step][value=edit]");
    if (location.hash === hash) { edit ? edit.click() : location.reload(); }
    hash = location.hash;
  });
  addEventListener("pagehide", function () { if (timer && form.isConnected && form.querySelector("#photo")) { changed([]); } });

  begin(form, []);
  const focus = document.querySelector("[data-focus]");
  if (focus) { focus.focus(); }
  if ("indexedDB" in window) {
    const id = new URLSearchParams(location.search).get("borrador");
    client.quietly(id ? reopen(id) : remind());
  }
})();
