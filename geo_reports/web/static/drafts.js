// The page of what is kept on this phone: how old it is, what becomes of it, and ways to send and delete it.
(function () {
  "use strict";
  const client = window.geoClient;
  const store = self.geoDrafts;
  const page = document.querySelector("[data-drafts]");
  const texts = page.dataset;
  const list = page.querySelector("[data-drafts-list]");
  const says = page.querySelector("[data-drafts-say]");
  const OLD_MS = 7 * 24 * 3600 * 1000;

  function part(box, name) { return box.querySelector("[data-" + name + "]"); }

  function tell(text) {
    says.textContent = text;
    says.hidden = !text;
  }

  function put(box, name, text) {
    const at = part(box, name);
    at.textContent = text;
    at.hidden = !text;
  }

  function stateOf(draft) {
    if (draft.state === "waiting" && draft.why === "service" && draft.next > Date.now()) {
      const when = new Date(draft.next).toLocaleTimeString(client.given.locale, { hour: "2-digit", minute: "2-digit" });
      return texts.paused.replace("{when}", when);
    }
    return texts[draft.state];
  }

  function reasonOf(draft) {
    if (draft.state !== "refused") { return ""; }
    const name = "why" + draft.reason.replace(/(^|_)(\w)/g, function (all, line, letter) { return letter.toUpperCase(); });
    return texts[name] || texts.whyOther;
  }

  function about(draft) {
    const where = draft.where || (draft.fields.some(function (pair) { return pair[0] === "lon"; }) ? texts.onMap : "");
    const photos = draft.photos.length ? texts.photos.replace("{n}", draft.photos.length) : "";
    return [where, photos].filter(Boolean).join(" · ");
  }

  // What is deleted cannot be had back: the button asks first, and forgets the question when it loses the focus.
  function asking(button, question, act) {
    const name = button.textContent;
    button.addEventListener("blur", function () { button.textContent = name; });
    button.addEventListener("click", function () {
      if (button.textContent === name) { button.textContent = question; } else { act(); }
    });
  }

  function row(draft) {
    const box = page.querySelector("template[data-draft]").content.firstElementChild.cloneNode(true);
    const sent = draft.state === "sent";
    box.dataset.id = draft.id;
    box.dataset.is = draft.state;
    put(box, "title", sent ? new Date(draft.made).toLocaleDateString(client.given.locale) : draft.label || texts.unknown);
    put(box, "state", stateOf(draft));
    put(box, "age", client.ago(draft.changed));
    put(box, "about", about(draft));
    put(box, "reason", reasonOf(draft));
    put(box, "aged", !sent && Date.now() - draft.changed > OLD_MS ? texts.old : "");
    part(box, "code").hidden = !sent;
    if (sent) {
      part(box, "code-link").textContent = draft.code;
      part(box, "code-link").href = "/seguimiento/" + draft.code;
    }
    part(box, "open").hidden = sent || draft.state === "sending";
    part(box, "open").href = "/reportar?borrador=" + draft.id;
    part(box, "send").hidden = draft.state !== "waiting";
    part(box, "send").addEventListener("click", function () { send([draft]); });
    asking(part(box, "delete"), texts.sure, async function () {
      await store.remove(draft.id);
      await show();
      tell(texts.gone);
      page.querySelector("h1").focus();
    });
    return box;
  }

  async function send(some) {
    for (const draft of some) { await store.change(draft.id, { next: 0 }); }
    client.sendWaiting(true);
  }

  // Rows that did not change stay as they are: whoever is on one of their buttons stays there.
  async function show() {
    const kept = (await store.all()).reverse();
    const before = {};
    Array.from(list.children).forEach(function (box) { before[box.dataset.id] = box; });
    list.replaceChildren.apply(list, kept.map(function (draft) {
      const old = before[draft.id];
      const mark = [draft.state, draft.changed, draft.next].join();
      if (old && old.dataset.mark === mark && (old.contains(document.activeElement) || draft.state === "sent")) { return old; }
      const made = row(draft);
      made.dataset.mark = mark;
      return made;
    }));
    part(page, "drafts-none").hidden = kept.length > 0;
    part(page, "wipe").hidden = kept.length === 0;
    part(page, "send-all").hidden = !kept.some(function (draft) { return draft.state === "waiting"; });
  }

  function refused(error) {
    console.warn(error);
    tell(texts.failed);
  }

  part(page, "without-script").hidden = true;
  part(page, "elsewhere").hidden = location.pathname === "/borradores";
  page.querySelector("h1").tabIndex = -1;
  if (!("indexedDB" in window)) { tell(texts.failed); return; }

  const ask = part(page, "persist");
  ask.hidden = !(navigator.storage && navigator.storage.persist);
  ask.addEventListener("click", async function () {
    tell(await navigator.storage.persist() ? texts.keptSafe : texts.keptMaybe);
  });
  part(page, "send-all").addEventListener("click", async function () { send(await self.geoSending.queue()); });
  asking(part(page, "wipe"), texts.sureAll, async function () {
    await store.wipe();
    await show();
    tell(texts.wiped);
    page.querySelector("h1").focus();
  });
  let waiting = 0;
  store.onchange(function () {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(function () { show().catch(refused); });
  });
  show().catch(refused);
})();
