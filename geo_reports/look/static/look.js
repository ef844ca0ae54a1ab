// Colours, what was typed before a change of language, the quick exit, and sortable tables. Pages read well without it.
(function () {
  "use strict";
  const root = document.documentElement;

  function remember(theme) {
    const age = theme ? 31536000 : 0;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = "theme=" + theme + "; path=/; max-age=" + age + "; samesite=lax" + secure;
    try { localStorage.setItem("theme", theme); } catch (error) { /* storage is refused: the cookie is enough */ }
  }

  function mark() {
    const theme = root.dataset.theme || "system";
    document.querySelectorAll("[data-theme-switch]").forEach(function (one) {
      if (one.dataset.themeSwitch === theme) { one.setAttribute("aria-current", "true"); } else { one.removeAttribute("aria-current"); }
    });
  }

  function themeSwitch(one) {
    one.addEventListener("click", function (event) {
      event.preventDefault();
      root.dataset.theme = one.dataset.themeSwitch === "system" ? "" : one.dataset.themeSwitch;
      remember(root.dataset.theme);
      mark();
    });
  }

  // What was typed outlives a change of language: kept in this tab until the page is there again.
  const KEPT = "typed";

  function fields() {
    return Array.from(document.querySelectorAll("main form")).flatMap(function (form) {
      return Array.from(form.elements).filter(function (field) {
        return field.name && !["hidden", "password", "file", "submit", "fieldset", "button"].includes(field.type);
      });
    });
  }

  function keepTyped() {
    const values = fields().map(function (field) { return [field.name, field.type, field.value, Boolean(field.checked)]; });
    try { sessionStorage.setItem(KEPT, JSON.stringify([location.pathname, values])); } catch (error) { /* refused: as without scripts */ }
  }

  function restore(values) {
    const now = fields();
    if (now.length !== values.length) { return; }
    now.forEach(function (field, i) {
      const [name, type, value, checked] = values[i];
      if (field.name !== name || field.type !== type) { return; }
      if (type === "radio" || type === "checkbox") { field.checked = checked; } else { field.value = value; }
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  function restoreTyped() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(KEPT)); sessionStorage.removeItem(KEPT); } catch (error) { return; }
    if (kept && kept[0] === location.pathname) { restore(kept[1]); }
  }

  // Leaves at once: the page is gone before the next one comes, and the way back does not lead here.
  function quickExit(link) {
    let last = -Infinity;
    function leave() {
      root.hidden = true;
      document.title = "";
      document.dispatchEvent(new Event("quick-exit"));  // what is being typed goes too
      try { sessionStorage.clear(); } catch (error) { /* storage is refused: it holds nothing */ }
      location.replace(link.href);
    }
    link.addEventListener("click", function (event) { event.preventDefault(); leave(); });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || event.repeat) { return; }
      if (event.timeStamp - last < 1500) { leave(); }
      last = event.timeStamp;
    });
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
    document.querySelectorAll("[data-themes]").forEach(function (part) { part.hidden = false; });
    document.querySelectorAll("[data-theme-switch]").forEach(themeSwitch);
    mark();
    document.querySelectorAll("[data-switch]:not([data-theme-switch])").forEach(function (link) { link.addEventListener("click", keepTyped); });
    document.querySelectorAll("[data-quick-exit]").forEach(quickExit);
    restoreTyped();
    const summary = document.querySelector("[data-focus]");
    if (summary) { summary.focus(); }
    document.querySelectorAll("table.sortable").forEach(sortable);
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", start); } else { start(); }
})();
