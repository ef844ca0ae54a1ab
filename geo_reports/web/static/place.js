// Where it is: by the phone, by a photo, by a tap on the map, or by an address that is being typed.
(function () {
  "use strict";
  const client = window.geoClient;
  const element = client.element;
  const say = client.say;
  const LOCATE = { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 };
  const TYPING_MS = 450;
  const SHORTEST = 4;
  const MOST_QUESTIONS = 20;  // the service counts them, and sending the report matters more

  async function words(lon, lat) {
    const answer = await fetch("/api/v1/reverse?lon=" + lon + "&lat=" + lat, { credentials: "omit" });
    if (!answer.ok) { return null; }
    const near = await answer.json();
    if (!near.inside) { return say("outside"); }
    const unit = near.layers.find(function (layer) { return layer.layer === client.given.layer && layer.name; });
    const parts = [near.label, unit && unit.name].filter(Boolean);
    return parts.length ? say("place_chosen", { place: parts.join(", ") }) : null;
  }

  function setUp(form, part) {
    const address = form.elements.address;
    const says = part.querySelector("[data-locate-says]");
    const button = part.querySelector("[data-locate-button]");
    const found = element("p", { class: "notice ok", role: "status", "data-place-says": "" });
    const texts = part.dataset;
    let asked = 0;
    part.after(found);

    function changed() { form.dispatchEvent(new Event("change", { bubbles: true })); }

    function put(lon, lat, accuracy_m) {
      const answered = document.querySelector("[data-photo-place=answered]");
      if (answered) { answered.remove(); }  // it says what is no longer so
      form.elements.lon.value = lon;
      form.elements.lat.value = lat;
      form.elements.accuracy_m.value = accuracy_m;
      if (form.elements.found) { form.elements.found.value = ""; }  // what an address was found at
    }

    function tell(text) {
      found.textContent = text;
      found.hidden = !text;
    }

    // A place that was chosen on another page of the form, or in a draft.
    function tellAgain() {
      if (form.elements.lon.value) { named(form.elements.lon.value, form.elements.lat.value, say("place_kept")); } else { tell(""); }
    }

    // Tells `text`, and what the place is called as soon as the service says so.
    function named(lon, lat, text) {
      asked += 1;
      const turn = asked;
      tell(text);
      words(lon, lat).then(function (name) {
        if (name && turn === asked && form.elements.lon.value) { tell(name + " " + text); }
      }).catch(function (error) { console.warn(error); });  // no network: the point is enough
    }

    // Takes a point (WGS 84 degrees) as the place.
    function take(lon, lat, accuracy_m, text) {
      put(lon.toFixed(6), lat.toFixed(6), Math.round(accuracy_m));
      address.value = "";
      says.textContent = "";
      changed();
      named(form.elements.lon.value, form.elements.lat.value, text);
    }

    function forget() {
      asked += 1;
      put("", "", "");
      tell("");
    }

    // The position is asked for after a tap, never before.
    if (navigator.geolocation) {
      part.hidden = false;
      button.addEventListener("click", function () {
        button.disabled = true;
        says.textContent = texts.asking;
        navigator.geolocation.getCurrentPosition(function (position) {
          const at = position.coords;
          button.disabled = false;
          take(at.longitude, at.latitude, at.accuracy, texts.found.replace("{m}", Math.round(at.accuracy)));
        }, function (error) {
          button.disabled = false;
          says.textContent = texts[{ 1: "denied", 2: "unavailable", 3: "timeout" }[error.code] || "unavailable"];
        }, LOCATE);
      });
    }
    address.addEventListener("input", forget);
    tellAgain();
    mapButton(form, found, take);
    suggest(address, forget);
    return { offer: function (place, after) { offer(place, after, take); }, show: tellAgain };
  }

  // A photo's own place is never used silently: it may have been taken on the way home.
  function offer(place, after, take) {
    const before = document.querySelector("[data-photo-place]");
    if (before) { before.remove(); }
    const box = element("div", { class: "notice", role: "group", "aria-label": say("use_photo_place"), "data-photo-place": "" });
    const buttons = element("p", { class: "actions" });
    const yes = element("button", { type: "button" }, say("yes"));
    const no = element("button", { type: "button", class: "secondary" }, say("no"));
    const result = element("p", { role: "status" }, say("use_photo_place"));
    yes.addEventListener("click", function () {
      take(place.lon, place.lat, place.accuracy_m, say("photo_place_used"));
      buttons.remove();
      box.dataset.photoPlace = "answered";
      result.textContent = say("photo_place_used");
    });
    no.addEventListener("click", function () { box.remove(); });
    buttons.append(yes, no);
    box.append(result, buttons);
    after.after(box);
  }

  function load(address) {
    return new Promise(function (resolve, reject) {
      const script = element("script", { src: address });
      script.onload = resolve;
      script.onerror = function () { reject(new Error("not loaded: " + address)); };
      document.head.append(script);
    });
  }

  // The map and its library come only when they are asked for.
  function mapButton(form, after, take) {
    const button = element("button", { type: "button", class: "secondary", "aria-expanded": "false" }, say("choose_on_map"));
    const box = element("div", { "data-choose-map": "" });
    const line = element("p", { class: "actions" });
    const says = element("p", { class: "help", role: "alert" });
    let ready = null;
    line.append(button);
    box.hidden = true;
    after.before(line, box, says);
    button.addEventListener("click", async function () {
      box.hidden = !box.hidden;
      button.setAttribute("aria-expanded", String(!box.hidden));
      button.textContent = say(box.hidden ? "choose_on_map" : "close_map");
      if (box.hidden) { return; }
      says.textContent = "";
      try {
        ready = ready || load(client.given.chooser);
        await ready;
        await window.geoChooser(box, form, take);
      } catch (error) {  // no network, most likely
        console.warn(error);
        ready = null;
        box.hidden = true;
        button.setAttribute("aria-expanded", "false");
        button.textContent = say("choose_on_map");
        says.textContent = say("map_failed");
      }
    });
  }

  // What is being typed, completed from the places the city knows (WAI-ARIA: combobox with a list).
  function suggest(input, forget) {
    const list = element("ul", { id: "address-list", role: "listbox", class: "suggestions", "aria-label": say("suggestions") });
    const count = element("p", { class: "visually-hidden", role: "status" });
    let timer = 0;
    let questions = 0;
    let at = -1;
    let stop = null;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    close();
    input.after(list, count);

    function close() {
      at = -1;
      list.hidden = true;
      list.replaceChildren();
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(label) {
      input.value = label;
      forget();
      close();
      count.textContent = "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function show(labels) {
      close();
      labels.forEach(function (label, number) {
        const option = element("li", { role: "option", id: "address-" + number, "aria-selected": "false" }, label);
        option.addEventListener("pointerdown", function (event) { event.preventDefault(); });  // the field keeps the focus
        option.addEventListener("click", function () { choose(label); });
        list.append(option);
      });
      list.hidden = !labels.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      count.textContent = list.hidden ? "" : say("n_suggestions", { n: labels.length });
    }

    async function ask(text) {
      if (stop) { stop.abort(); }
      stop = new AbortController();
      questions += 1;
      const query = "/api/v1/geocode?limit=5&q=" + encodeURIComponent(text);
      const answer = await fetch(query, { credentials: "omit", signal: stop.signal });
      if (answer.status === 429) { questions = MOST_QUESTIONS; }
      const body = answer.ok || answer.status === 422 ? await answer.json() : {};
      // where one is certain they come with their places, otherwise as what else it may mean
      const labels = (body.candidates || []).map(function (candidate) { return candidate.label || candidate; });
      if (input.value.trim() === text && document.activeElement === input) { show(labels); }
    }

    input.addEventListener("input", function () {
      clearTimeout(timer);
      close();
      const text = input.value.trim();
      if (text.length < SHORTEST || questions >= MOST_QUESTIONS || !navigator.onLine) { return; }
      timer = setTimeout(function () {
        ask(text).catch(function (error) { if (error.name !== "AbortError") { console.warn(error); } });  // it is a help only
      }, TYPING_MS);
    });
    input.addEventListener("blur", function () { clearTimeout(timer); close(); });
    input.addEventListener("keydown", function (event) {
      const options = list.children;
      if (list.hidden) { return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        at = (at + (event.key === "ArrowDown" ? 1 : options.length + (at < 0 ? 0 : -1))) % options.length;
        Array.from(options).forEach(function (option, number) { option.setAttribute("aria-selected", String(number === at)); });
        input.setAttribute("aria-activedescendant", options[at].id);
        options[at].scrollIntoView({ block: "nearest" });
      } else if (event.key === "Enter" && at >= 0) {
        choose(options[at].textContent);
      } else if (event.key === "Escape") {
        close();
      } else { return; }
      event.preventDefault();
    });
  }

  window.geoPlace = { setUp: setUp };
})();
