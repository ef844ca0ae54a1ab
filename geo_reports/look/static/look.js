// Theme switch and sortable tables. Pages read well without this file.
(function () {
  "use strict";
  const root = document.documentElement;

  function dark() {
    if (root.dataset.theme) { return root.dataset.theme === "dark"; }
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function remember(theme) {
    try { localStorage.setItem("theme", theme); } catch (error) { /* storage is refused: the choice lasts for this page */ }
  }

  function themeSwitch(button) {
    const name = function () { button.textContent = dark() ? button.dataset.light : button.dataset.dark; };
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      remember(root.dataset.theme);
      name();
    });
    name();
    button.hidden = false;
  }

  function key(row, column) {
    const cell = row.cells[column];
    const raw = cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
    const number = raw === "" ? NaN : Number(raw);
    return isNaN(number) ? raw : number;
  }

  // Numbers before words; cells that hold nothing stay last in either direction.
  function compare(a, b, sign) {
    const empty = Number(a === "") - Number(b === "");
    if (empty) { return empty; }
    if (typeof a === "number" && typeof b === "number") { return sign * (a - b); }
    if (typeof a !== typeof b) { return typeof a === "number" ? -1 : 1; }
    return sign * a.localeCompare(b, root.lang, { numeric: true });
  }

  function sortBy(table, column) {
    const header = table.tHead.rows[table.tHead.rows.length - 1].cells[column];
    const falling = header.getAttribute("aria-sort") === "ascending";
    table.tHead.querySelectorAll("[aria-sort]").forEach(function (cell) { cell.removeAttribute("aria-sort"); });
    header.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map(function (row) { return [key(row, column), row]; });
    rows.sort(function (a, b) { return compare(a[0], b[0], falling ? -1 : 1); });
    rows.forEach(function (pair) { body.appendChild(pair[1]); });
  }

  function sortable(table) {
    const headers = table.tHead.rows[table.tHead.rows.length - 1].cells;
    Array.from(headers).forEach(function (header, column) {
      const button = document.createElement("button");
      button.type = "button";
      while (header.firstChild) { button.appendChild(header.firstChild); }
      button.addEventListener("click", function () { sortBy(table, column); });
      header.appendChild(button);
    });
  }

  function start() {
    document.querySelectorAll("[data-theme-switch]").forEach(themeSwitch);
    document.querySelectorAll("table.sortable").forEach(sortable);
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", start); } else { start(); }
})();
