// The phone's own way of sharing, where it has one. The link beside it works without this file.
(function () {
  "use strict";
  if (!navigator.share) { return; }
  document.querySelectorAll("[data-share]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      const told = navigator.share({ title: button.dataset.title, url: location.href });
      told.catch(function (error) { if (error.name !== "AbortError") { button.hidden = true; } });
    });
  });
})();
