// Copy, send and print the code of a report, where the device can; the page says the same without this file.
(function () {
  "use strict";
  document.querySelectorAll("[data-receipt]").forEach(function (receipt) {
    const says = receipt.querySelector("[data-says]");
    const code = receipt.querySelector("[data-code]").textContent.trim();

    function offer(name, possible, act) {
      const button = receipt.querySelector(name);
      button.hidden = !possible;
      button.addEventListener("click", act);
    }

    function failed(error) {
      if (error.name !== "AbortError") { says.textContent = receipt.dataset.failed; }
    }

    offer("[data-copy]", Boolean(navigator.clipboard), function () {
      navigator.clipboard.writeText(code).then(function () { says.textContent = receipt.dataset.copied; }, failed);
    });
    offer("[data-send]", Boolean(navigator.share), function (event) {
      // no title: what arrives elsewhere says nothing but the address
      navigator.share({ url: event.currentTarget.dataset.url }).catch(failed);
    });
    offer("[data-print]", true, function () { window.print(); });
  });
  // a link to a fold opens it
  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) { target.open = true; }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
})();
