// The children's mode: the position of the phone, asked for after a tap, instead of a place from the list.
(function () {
  "use strict";
  const part = document.querySelector("[data-here]");
  if (!part || !navigator.geolocation) { return; }
  const form = part.closest("form");
  const says = part.querySelector("[data-here-says]");
  const button = part.querySelector("[data-here-button]");

  function place(lon, lat, accuracy) {
    form.elements.lon.value = lon;
    form.elements.lat.value = lat;
    form.elements.accuracy_m.value = accuracy;
  }

  function places() { return Array.from(form.querySelectorAll("input[name=found]")); }

  function found(position) {
    const at = position.coords;
    place(at.longitude.toFixed(6), at.latitude.toFixed(6), Math.round(at.accuracy));
    places().forEach(function (radio) { radio.checked = false; });
    says.textContent = part.dataset.found;
    button.disabled = false;
  }

  function failed() {
    says.textContent = part.dataset.failed;
    button.disabled = false;
  }

  part.hidden = false;
  button.addEventListener("click", function () {
    button.disabled = true;
    says.textContent = part.dataset.asking;
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  });
  places().forEach(function (radio) {
    radio.addEventListener("change", function () { place("", "", ""); says.textContent = ""; });
  });
})();
