// Cover places of a photo: rectangles drawn, moved and removed with the pointer or the keyboard. They are written into
// the number fields of the form, which work without this script.
(function () {
  "use strict";
  const SIDES = ["x", "y", "w", "h"];
  const MOST = 50, STEP = 1, SMALLEST = 1;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) { made.className = className; }
    if (text) { made.textContent = text; }
    return made;
  }

  function clamp(value, low, high) { return Math.min(high, Math.max(low, value)); }

  function cover(form) {
    const canvas = form.querySelector(".canvas"), sides = form.querySelector(".sides");
    const says = form.dataset, places = [];
    const layer = element("div", "places");
    const list = element("ul", "place-list");
    const help = element("p", "help", says.saysHelp);
    const add = element("button", "secondary", says.saysDraw);
    add.type = "button";
    canvas.append(layer);
    canvas.after(help, add, list);

    function written() {
      return Array.from(sides.querySelectorAll(".rectangle")).map(function (row) {
        return SIDES.map(function (side) { return row.querySelector("[name=" + side + "]"); });
      });
    }

    function row(i) {
      const rows = written();
      if (rows[i]) { return rows[i]; }
      const made = sides.querySelector(".rectangle").cloneNode(true);
      made.querySelectorAll("[id]").forEach(function (field) {
        const before = field.id;
        field.id = before.replace(/-\d+-(\w)$/, "-" + i + "-$1");
        made.querySelector("label[for='" + before + "']").htmlFor = field.id;
      });
      made.setAttribute("aria-label", made.getAttribute("aria-label").replace(/\d+/, String(i + 1)));
      sides.append(made);
      return written()[i];
    }

    function write() {
      places.forEach(function (place, i) {
        row(i).forEach(function (field, side) { field.value = String(Math.round(place.at[side] * 100) / 100); });
      });
      written().slice(places.length).forEach(function (fields) { fields.forEach(function (field) { field.value = ""; }); });
    }

    function draw() {
      places.forEach(function (place, i) {
        const style = place.box.style;
        style.left = place.at[0] + "%"; style.top = place.at[1] + "%";
        style.width = place.at[2] + "%"; style.height = place.at[3] + "%";
        place.box.setAttribute("aria-label", says.saysPlace.replace("%(n)s", i + 1));
        place.box.dataset.n = String(i + 1);
        place.remove.textContent = says.saysRemove.replace("%(n)s", i + 1);
      });
      add.disabled = places.length >= MOST;
    }

    function change() { draw(); write(); }

    function move(place, dx, dy) {
      place.at[0] = clamp(place.at[0] + dx, 0, 100 - place.at[2]);
      place.at[1] = clamp(place.at[1] + dy, 0, 100 - place.at[3]);
    }

    function grow(place, dw, dh) {
      place.at[2] = clamp(place.at[2] + dw, SMALLEST, 100 - place.at[0]);
      place.at[3] = clamp(place.at[3] + dh, SMALLEST, 100 - place.at[1]);
    }

    function remove(place) {
      const i = places.indexOf(place);
      places.splice(i, 1);
      place.box.remove();
      place.item.remove();
      change();
      (places[Math.min(i, places.length - 1)] || { box: add }).box.focus();
    }

    function pressed(place, event) {
      const arrows = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
      if (event.key === "Delete" || event.key === "Backspace") {
        remove(place);
      } else if (arrows[event.key]) {
        (event.shiftKey ? grow : move)(place, arrows[event.key][0], arrows[event.key][1]);
        change();
      } else {
        return;
      }
      event.preventDefault();
    }

    function put(at) {
      const place = { at: at, box: element("button", "place"), item: element("li"), remove: element("button", "plain") };
      place.box.type = "button";
      place.remove.type = "button";
      place.item.append(place.remove);
      list.append(place.item);
      layer.append(place.box);
      places.push(place);
      place.box.addEventListener("keydown", function (event) { pressed(place, event); });
      place.remove.addEventListener("click", function () { remove(place); });
      return place;
    }

    function percent(event) {
      const frame = layer.getBoundingClientRect();
      return [
        clamp((event.clientX - frame.left) / frame.width * 100, 0, 100),
        clamp((event.clientY - frame.top) / frame.height * 100, 0, 100)
      ];
    }

    function stretch(place, from, to) {
      place.at = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    }

    layer.addEventListener("pointerdown", function (event) {
      if (event.button !== 0) { return; }
      const held = places.find(function (place) { return place.box === event.target; });
      if (!held && places.length >= MOST) { return; }
      event.preventDefault();
      let last = percent(event);
      const first = last, place = held || put([first[0], first[1], 0, 0]);
      layer.setPointerCapture(event.pointerId);
      function onMove(step) {
        const now = percent(step);
        if (held) { move(place, now[0] - last[0], now[1] - last[1]); } else { stretch(place, first, now); }
        last = now;
        draw();
      }
      function onEnd() {
        layer.removeEventListener("pointermove", onMove);
        layer.removeEventListener("pointerup", onEnd);
        layer.removeEventListener("pointercancel", onEnd);
        if (!held && (place.at[2] < SMALLEST || place.at[3] < SMALLEST)) { remove(place); return; }  // a click, not a place
        change();
        place.box.focus();
      }
      layer.addEventListener("pointermove", onMove);
      layer.addEventListener("pointerup", onEnd);
      layer.addEventListener("pointercancel", onEnd);
    });

    add.addEventListener("click", function () {
      const place = put([40, 40, 20, 20]);
      change();
      place.box.focus();
    });

    function read() {
      places.splice(0).forEach(function (place) { place.box.remove(); place.item.remove(); });
      written().forEach(function (fields) {
        const at = fields.map(function (field) { return parseFloat(field.value.replace(",", ".")); });
        if (at.every(Number.isFinite)) { put(at); }
      });
      draw();
    }

    sides.addEventListener("change", read);
    read();
  }

  document.querySelectorAll("form[data-cover]").forEach(cover);
}());
