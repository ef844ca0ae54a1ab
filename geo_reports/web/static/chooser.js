// A map to choose a point on: the mark stays in the middle, the map moves under it by a tap, a drag or the arrow keys.
(function () {
  "use strict";
  const client = window.geoClient;
  const element = client.element;
  const STEP_PX = { ArrowLeft: [-24, 0], ArrowRight: [24, 0], ArrowUp: [0, -24], ArrowDown: [0, 24] };
  const CLOSE = 16;
  const SETTLED_MS = 500;

  function style(address) {
    return new Promise(function (resolve, reject) {
      const link = element("link", { rel: "stylesheet", href: address });
      link.onload = resolve;
      link.onerror = function () { reject(new Error("not loaded: " + address)); };
      document.head.prepend(link);  // so that our own sheet has the last word
    });
  }

  function script(address) {
    return new Promise(function (resolve, reject) {
      const made = element("script", { src: address });
      made.onload = resolve;
      made.onerror = function () { reject(new Error("not loaded: " + address)); };
      document.head.append(made);
    });
  }

  function label(text, name) {
    const span = element("span", {}, text);
    return L.divIcon({ html: span, className: "label " + name, iconSize: [0, 0] });
  }

  // Places carry their names only from close by: a thousand names would be one blot.
  function places(map, rows) {
    const group = L.layerGroup(rows.map(function (row) {
      return L.marker([row[1], row[0]], { icon: label(row[2], "place dot"), interactive: false, keyboard: false });
    }));
    function settle() { if (map.getZoom() >= CLOSE - 1) { group.addTo(map); } else { group.remove(); } }
    map.on("zoomend", settle);
    settle();
  }

  function ground(map, data) {
    if (data.tiles) { L.tileLayer(data.tiles.url, { attribution: data.tiles.attribution, maxZoom: 19 }).addTo(map); }
    const units = L.geoJSON(data.units, {
      interactive: false, style: function () { return { className: data.tiles ? "unit over" : "unit" }; }
    }).addTo(map);
    const names = data.names.map(function (row) {
      return L.marker([row[1], row[0]], { icon: label(row[2], "unit-name"), interactive: false, keyboard: false }).addTo(map);
    });
    map.on("zoomend resize", function () { apart(names); });
    apart(names);
    return units.getBounds();
  }

  // Only names that lie on no other: from far off a few can be read, from close by all.
  function apart(markers) {
    const taken = [];
    markers.forEach(function (marker) {
      const span = marker.getElement().firstElementChild;
      const at = span.getBoundingClientRect();
      const free = taken.every(function (other) {
        return at.right < other.left || other.right < at.left || at.bottom < other.top || other.bottom < at.top;
      });
      span.style.visibility = free ? "" : "hidden";
      if (free) { taken.push(at); }
    });
  }

  // About a finger's width around the mark, in metres.
  function accuracy(map) {
    const at = map.getSize().divideBy(2);
    const across = map.containerPointToLatLng(at.add([20, 0]));
    return Math.max(5, Math.min(1000, map.getCenter().distanceTo(across)));
  }

  async function draw(box, form, take) {
    const files = client.given.leaflet;
    const waits = element("p", { class: "help", role: "status" }, client.say("map_loading"));
    box.append(waits);
    try {
      await Promise.all([style(files.style), window.L || script(files.script)]);
      const answer = await fetch(client.given.ground, { credentials: "omit" });
      if (!answer.ok) { throw new Error("no background: " + answer.status); }
      build(box, form, take, await answer.json());
    } finally {
      waits.remove();
    }
  }

  function build(box, form, take, data) {
    const help = element("p", { class: "help", id: "map-help" }, client.say("map_help"));
    const frame = element("div", { class: "chooser" });
    const canvas = element("div", {
      class: "map", tabindex: "0", role: "application", "aria-label": client.say("map_name"), "aria-describedby": "map-help"
    });
    frame.append(canvas, element("span", { class: "cross", "aria-hidden": "true" }));
    box.append(help, frame);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(canvas, { zoomAnimation: !calm, inertia: !calm, maxZoom: 19, attributionControl: Boolean(data.tiles) });
    const bounds = L.geoJSON(data.units).getBounds();
    map.fitBounds(bounds);
    ground(map, data);
    places(map, data.places);
    new ResizeObserver(function () { map.invalidateSize(); }).observe(canvas);
    const lon = Number(form.elements.lon.value);
    if (form.elements.lon.value) { map.setView([Number(form.elements.lat.value), lon], CLOSE); }
    follow(map, take);
    canvas.focus({ preventScroll: true });
  }

  // Only what a person does to the map chooses a place; its opening, resizing and zooming do not.
  function follow(map, take) {
    let timer = 0;
    function chosen() {
      clearTimeout(timer);
      timer = setTimeout(function () {
        const at = map.getCenter().wrap();
        take(at.lng, at.lat, accuracy(map), client.say("map_place_used"));
      }, SETTLED_MS);
    }
    map.on("click", function (event) {
      map.once("moveend", chosen);
      map.setView(event.latlng, Math.max(map.getZoom(), Math.min(map.getZoom() + 2, CLOSE)));  // a tap from far off is coarse
    });
    map.on("dragend", chosen);
    // the library's own arrows are deaf while the map still glides from the key before
    map.getContainer().addEventListener("keydown", function (event) {
      const step = STEP_PX[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) { return; }
      event.preventDefault();
      event.stopPropagation();
      map.panBy(event.shiftKey ? [4 * step[0], 4 * step[1]] : step, { animate: false });
      chosen();
    }, true);
  }

  // Draws the map the first time; later it is only shown again.
  window.geoChooser = async function (box, form, take) {
    if (!box.querySelector(".chooser")) { await draw(box, form, take); }
  };
})();
