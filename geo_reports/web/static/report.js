// Makes the report form easier; without this file it works as it is.
(function () {
  "use strict";
  const form = document.querySelector("[data-report]");
  if (!form) { return; }

  // Only the categories of the chosen kind, and the size only for dumps.
  const select = form.elements.category;
  const groups = Array.from(select.querySelectorAll("optgroup"));

  function family() {
    const chosen = form.querySelector("input[name=family]:checked");
    return chosen ? chosen.value : "";
  }

  function narrow() {
    const kind = family();
    const kept = select.value;
    groups.forEach(function (group) { group.remove(); });
    groups.forEach(function (group) {
      if (!kind || group.dataset.family === kind) { select.appendChild(group); }
    });
    select.value = kept;
    if (select.selectedIndex < 0) { select.value = ""; }
    form.querySelectorAll("[data-only]").forEach(function (part) { part.hidden = Boolean(kind) && part.dataset.only !== kind; });
  }

  form.querySelectorAll("input[name=family]").forEach(function (radio) { radio.addEventListener("change", narrow); });
  narrow();

  // The position is asked for after a tap, never before.
  const part = form.querySelector("[data-locate]");
  const says = part.querySelector("[data-locate-says]");
  const button = part.querySelector("[data-locate-button]");
  const address = form.elements.address;

  function place(lon, lat, accuracy) {
    form.elements.lon.value = lon;
    form.elements.lat.value = lat;
    form.elements.accuracy_m.value = accuracy;
  }

  function tell() {
    const metres = form.elements.accuracy_m.value || "?";
    says.textContent = form.elements.lon.value ? part.dataset.found.replace("{m}", metres) : "";
  }

  function found(position) {
    const at = position.coords;
    place(at.longitude.toFixed(6), at.latitude.toFixed(6), Math.round(at.accuracy));
    address.value = "";
    button.disabled = false;
    tell();
  }

  function failed(error) {
    const reasons = { 1: "denied", 2: "unavailable", 3: "timeout" };
    says.textContent = part.dataset[reasons[error.code] || "unavailable"];
    button.disabled = false;
  }

  if (navigator.geolocation) {
    part.hidden = false;
    tell();
    button.addEventListener("click", function () {
      button.disabled = true;
      says.textContent = part.dataset.asking;
      navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
    });
    address.addEventListener("input", function () { place("", "", ""); tell(); });
  }

  const summary = document.querySelector("[data-focus]");
  if (summary) { summary.focus(); }
})();
