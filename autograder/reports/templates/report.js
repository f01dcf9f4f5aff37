"use strict";
// Sorts and filters the table of marks. Without it the table is there, by name.
const table = document.querySelector("#marks-table");
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const count = document.querySelector("#shown");
const words = document.querySelector("#words");
const state = document.querySelector("#state");

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
}

function sort(button) {
  const head = button.closest("th");
  const up = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && head.cellIndex === 0);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const column = head.cellIndex;
  rows.sort((a, b) => {
    const x = value(a, column), y = value(b, column);
    const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
    return up ? order : -order;
  });
  body.append(...rows);
}

function filter() {
  const wanted = words.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const named = row.cells[0].textContent.toLowerCase().includes(wanted);
    const fits = !state.value || row.dataset.states.split(" ").includes(state.value);
    row.hidden = !(named && fits);
    shown += !row.hidden;
  }
  count.textContent = shown === rows.length ? `${shown} students` : `${shown} of ${rows.length} students`;
}

for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(button));
  head.append(button);
}
document.querySelector("#tools").hidden = false;
words.addEventListener("input", filter);
state.addEventListener("change", filter);
for (const link of document.querySelectorAll("[data-state]")) {
  link.addEventListener("click", () => { state.value = link.dataset.state; words.value = ""; filter(); });
}
// A lesson that a link leads to unfolds; to print, all do.
function unfold() {
  const at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (at) { for (let e = at; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true; at.scrollIntoView(); }
}
window.addEventListener("hashchange", unfold);
unfold();
filter();
