// What maps need beyond Leaflet: signs, filled areas, names that do not collide, and the switch beside the map.
// Text reaches the page through textContent and setAttribute only; there is no HTML string here.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  const POPUP = { minWidth: 180, maxWidth: 280, autoPanPaddingTopLeft: [72, 12], autoPanPaddingBottomRight: [12, 12] };

  function note(lines) {
    const box = document.createElement("div");
    lines.forEach(function (line, number) {
      if (line === "") { return; }
      const part = document.createElement(number ? "p" : "strong");
      part.textContent = line;
      box.appendChild(part);
    });
    return box;
  }

  function pick(strings, row, from) {
    return row.slice(from).map(function (index) { return strings[index]; });
  }

  function named(lines) {
    return lines.filter(function (line) { return line !== ""; }).join(", ");
  }

  // Draws a circle marker as a <use> of one of the page's signs: one element for each sign, whatever its shape.
  const SignRenderer = L.SVG.extend({
    _initPath: function (layer) {
      const path = layer._path = document.createElementNS(SVG, "use");
      path.setAttribute("href", "#sign-" + layer.options.sign);
      path.setAttribute("class", "sign leaflet-interactive");
      path.setAttribute("role", "button");
      path.setAttribute("aria-label", layer.options.name);
      path.setAttribute("tabindex", layer.options.first ? "0" : "-1");
      path.addEventListener("keydown", function (event) { walk(event, layer); });
      this._layers[L.stamp(layer)] = layer;
    },
    _updateStyle: function () {},
    _updateCircle: function (layer) {
      // seen from far, signs shrink: else a city of reports is one blot
      const zoom = this._map.getZoom();
      const scale = Math.max(0.4, Math.min(1, 1 - 0.15 * (15 - zoom)));
      const place = "translate(" + layer._point.x + " " + layer._point.y + ") scale(" + scale + ")";
      layer._path.setAttribute("transform", place);
    }
  });

  // The signs of a layer are one stop of the tab key; arrows go from one to the next, enter opens.
  function walk(event, layer) {
    const path = layer._path;
    const step = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
    if (event.key === "Enter" || event.key === " ") { layer.openPopup(); } else if (step && path[step]) {
      path.setAttribute("tabindex", "-1");
      path[step].setAttribute("tabindex", "0");
      path[step].focus();
    } else { return; }
    event.preventDefault();
    event.stopPropagation();
  }

  // The popup of one report, with the way to its page for those who may open it.
  function leading(box, cases, number) {
    if (!cases) { return box; }
    const way = document.createElement("p");
    const link = document.createElement("a");
    link.setAttribute("href", cases.below + encodeURIComponent(cases.ids[number]));
    link.textContent = cases.text;
    way.appendChild(link);
    box.appendChild(way);
    return box;
  }

  // rows: [lat, lon, sign, line, line, ...], where lines are positions in strings; cases: {text, below, ids}, if any
  function points(map, data) {
    const renderer = new SignRenderer({ pane: "signs", padding: 0.5 });
    return L.layerGroup(data.rows.map(function (row, number) {
      const lines = pick(data.strings, row, 3);
      const sign = L.circleMarker([row[0], row[1]], {
        renderer: renderer, pane: "signs", radius: 14, sign: data.strings[row[2]],
        name: named(lines.slice(0, data.named)), first: number === 0
      });
      return sign.bindPopup(function () { return leading(note(lines), data.cases, number); }, POPUP);
    }));
  }

  function svgPart(name, attributes, text) {
    const part = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { part.setAttribute(key, attributes[key]); });
    if (text !== undefined) { part.textContent = text; }
    return part;
  }

  // rows: [lat, lon, radius, class, number inside, line, ...]: a hollow circle with its class, as a focusable marker
  function circles(map, data) {
    return L.layerGroup(data.rows.map(function (row) {
      const lines = pick(data.strings, row, 5);
      const size = 2 * row[2] + 8;
      const drawing = svgPart("svg", { width: size, height: size, viewBox: [-size / 2, -size / 2, size, size].join(" ") });
      drawing.appendChild(svgPart("circle", { r: row[2], class: "ring " + row[3] }));
      drawing.appendChild(svgPart("text", { class: "number" }, row[4]));
      const icon = L.divIcon({ html: drawing, className: "sign", iconSize: [size, size] });
      const marker = L.marker([row[0], row[1]], { icon: icon, pane: "signs", alt: "", keyboard: true });
      marker.on("add", function () { marker.getElement().setAttribute("aria-label", named(lines)); });
      return marker.bindPopup(function () { return note(lines); }, POPUP);
    }));
  }

  // rows: one for each feature of shapes: [class, fill, line, ...], or null for a feature that is not drawn
  function fill(map, shapes, data) {
    return L.geoJSON(shapes, {
      pane: "fills",
      filter: function (feature) { return data.rows[feature.id] !== null; },
      style: function (feature) {
        const row = data.rows[feature.id];
        return { className: "filled " + row[0], fillColor: row[1] || undefined, fillOpacity: 1, weight: 1 };
      },
      onEachFeature: function (feature, layer) {
        const lines = pick(data.strings, data.rows[feature.id], 2);
        layer.bindPopup(function () { return note(lines); }, POPUP);
      }
    });
  }

  function outline(map, shapes, pane, className) {
    return L.geoJSON(shapes, {
      pane: pane, interactive: false, style: function () { return { className: "unit " + className }; }
    });
  }

  // rows: [lat, lon, text], those first that matter most; names show from zoom on, see settle
  function labels(map, data, className, zoom) {
    const group = L.layerGroup(data.rows.map(function (row) {
      const text = document.createElement("span");
      text.textContent = row[2];
      const icon = L.divIcon({ html: text, className: "label " + className, iconSize: [0, 0] });
      return L.marker([row[0], row[1]], { icon: icon, pane: "labels", interactive: false, keyboard: false });
    }));
    group.options.zoom = zoom;
    map.options.names.push(group);
    return group;
  }

  function overlaps(box, taken) {
    return taken.some(function (other) {
      return box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
    });
  }

  // A name takes the first free place of three: on its spot, below, above. If all are taken it waits for more zoom.
  function place(box, taken) {
    for (const shift of [0, 28, -28]) {
      const moved = { left: box.left, right: box.right, top: box.top + shift, bottom: box.bottom + shift };
      if (!overlaps(moved, taken)) { taken.push(moved); return shift; }
    }
    return null;
  }

  // Hundreds of circles would be one blot: the larger ones show, the others wait for more zoom.
  function thin(circles, frame) {
    if (circles.length <= 150) { return; }
    circles.forEach(function (circle) { circle.hidden = false; });
    const boxed = Array.from(circles).map(function (circle) { return [circle, circle.getBoundingClientRect()]; });
    boxed.sort(function (one, other) { return other[1].width - one[1].width; });
    const taken = [];
    boxed.forEach(function (pair) {
      const seen = overlaps(pair[1], [frame]) && !overlaps(pair[1], taken);
      if (seen) { taken.push(pair[1]); }
      pair[0].hidden = !seen;
    });
  }

  // Units put their names down before places do; circles were there before either. All boxes are read before any is
  // moved: to read and write by turns makes the browser lay out the page anew for each of a thousand names.
  function settle(map) {
    const frame = map.getContainer().getBoundingClientRect();
    const circles = map.getContainer().querySelectorAll(".leaflet-marker-icon.sign");
    const names = [];
    map.options.names.slice().sort(function (a, b) { return a.options.zoom - b.options.zoom; }).forEach(function (group) {
      if (!map.hasLayer(group)) { return; }
      group.eachLayer(function (marker) {
        const text = marker.getElement().firstChild;
        text.hidden = map.getZoom() < group.options.zoom;
        text.style.marginTop = "0";
        if (!text.hidden) { names.push(text); }
      });
    });
    thin(circles, frame);
    const boxes = names.map(function (text) { return text.getBoundingClientRect(); });
    const taken = Array.from(circles).map(function (circle) { return circle.getBoundingClientRect(); })
      .filter(function (box) { return box.width > 0 && overlaps(box, [frame]); });
    names.forEach(function (text, number) {
      const shift = overlaps(boxes[number], [frame]) ? place(boxes[number], taken) : null;
      text.hidden = shift === null;
      if (shift) { text.style.marginTop = shift + "px"; }
    });
  }

  // rows: [lat, lon, sign, name, kind]: a glyph each, and its name from zoom 15
  function places(map, data) {
    const names = { rows: data.rows.map(function (row) { return [row[0], row[1], data.strings[row[3]]]; }) };
    return L.layerGroup([points(map, data), labels(map, names, "place", 15)]);
  }

  // Who asked the system for less motion gets none here either.
  function calm(options) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      options.zoomAnimation = options.markerZoomAnimation = options.inertia = false;
    }
    return options;
  }

  function prepare(map) {
    document.querySelectorAll("[data-without-script]").forEach(function (part) { part.hidden = true; });
    [["fills", 410], ["lines", 450], ["signs", 610], ["labels", 640]].forEach(function (pane) {
      map.createPane(pane[0]).style.zIndex = pane[1];
    });
    map.getPane("lines").style.pointerEvents = "none";
    map.getPane("labels").style.pointerEvents = "none";
    map.options.names = [];
    let waiting = 0;
    map.on("zoomend resize layeradd layerremove", function () {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(function () { settle(map); });
    });
    new ResizeObserver(function () { map.invalidateSize(); }).observe(map.getContainer());
  }

  const HERE = /^#map=(\d+(?:\.\d+)?)\/(-?\d+\.\d+)\/(-?\d+\.\d+)\/([01]*)$/;

  // A link to the page shows what its sender saw: zoom, middle and layers stand in the address behind the "#".
  function recall(map, boxes) {
    const found = HERE.exec(location.hash);
    if (!found) { return; }
    boxes.forEach(function (box, number) { box.checked = found[4][number] === "1"; });
    map.setView([Math.min(90, Math.max(-90, Number(found[2]))), Number(found[3])], Number(found[1]), { animate: false });
  }

  function remember(map, boxes) {
    let touched = false;
    function write() {
      if (!touched) { return; }
      const at = map.getCenter();
      const shown = boxes.map(function (box) { return box.checked ? "1" : "0"; }).join("");
      const here = "#map=" + [map.getZoom(), at.lat.toFixed(5), at.lng.toFixed(5), shown].join("/");
      history.replaceState(history.state, "", here);
      document.querySelectorAll("a[data-here]").forEach(function (link) { link.hash = here; });
    }
    // the map moves by itself when the page is laid out: only what a person does is remembered
    ["pointerdown", "keydown", "wheel"].forEach(function (name) {
      map.getContainer().addEventListener(name, function () { touched = true; }, { capture: true, passive: true });
    });
    map.on("moveend", write);
    boxes.forEach(function (box) {
      box.addEventListener("change", function () { touched = true; write(); });
    });
  }

  // Check boxes beside the map show and hide its layers; of those that fill the units only one is shown.
  function control(map, layers) {
    const boxes = Array.from(document.querySelectorAll("input[data-layer]"));
    function apply(box) {
      const layer = layers[box.dataset.layer];
      if (box.checked) { map.addLayer(layer); } else { map.removeLayer(layer); }
    }
    recall(map, boxes);
    boxes.forEach(function (box) {
      box.hidden = false;
      apply(box);
      box.addEventListener("change", function () {
        boxes.forEach(function (other) {
          if (box.checked && other !== box && other.dataset.group && other.dataset.group === box.dataset.group) {
            other.checked = false;
            apply(other);
          }
        });
        apply(box);
      });
    });
    remember(map, boxes);
  }

  window.geoReports = {
    calm: calm, prepare: prepare, points: points, circles: circles, fill: fill, outline: outline, labels: labels, places: places,
    control: control
  };
})();
