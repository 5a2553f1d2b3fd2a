// The header of a column: its name, type and order, its NULLs and a small histogram.

import { counted, element, oneLine } from "./common.js";
import { nullText, summaryText } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const BARS_PX = 22;

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/**
 * Return a header cell. `parts` are the two of its name; of a narrow one the first is cut first.
 *
 * `on` has `sort(add)`, `menu(button)`, `resize(event)` and `brush(low, high)`.
 */
export function headerCell(column, parts, on) {
  const name = oneLine(column.name);
  const order = element("span", { class: "civis-order", "aria-hidden": "true" });
  const menu = element(
    "button",
    {
      class: "civis-menu-button",
      type: "button",
      tabIndex: -1,
      title: "Sort, filter, pin",
      "aria-label": `Menu of the column ${name}`,
      "aria-haspopup": "dialog",
      onclick: (event) => {
        event.stopPropagation();
        on.menu(menu);
      },
    },
    "⋮",
  );
  const type = element("span", { class: "civis-type" }, column.type);
  const nulls = element("span", { class: "civis-nulls" });
  const bars = element("div", { class: "civis-bars" });
  const cell = element(
    "div",
    {
      class: `civis-head-cell${column.right ? " civis-right" : ""}`,
      role: "columnheader",
      title: `${name} · ${column.type}`,
    },
    element(
      "div",
      { class: "civis-name-line" },
      element("span", { class: "civis-name" }, ...parts.filter(Boolean).map((part) => element("span", {}, part))),
      order,
      menu,
    ),
    element("div", { class: "civis-type-line" }, type, nulls),
    bars,
    element("div", { class: "civis-resize", "aria-hidden": "true", onpointerdown: on.resize }),
  );
  cell.addEventListener("click", (event) => {
    if (!event.target.closest(".civis-bars, .civis-resize")) on.sort(event.shiftKey || event.ctrlKey || event.metaKey);
  });
  let drawn = null;
  return {
    cell,
    menu,
    /** Show where the column is in the order, and whether it is filtered. */
    mark(sort, filtered) {
      const place = sort.findIndex((one) => one.column === column.index);
      const found = sort[place];
      order.textContent = found
        ? `${found.descending ? "▼" : "▲"}${sort.length > 1 ? place + 1 : ""}`
        : "";
      cell.setAttribute("aria-sort", found ? (found.descending ? "descending" : "ascending") : "none");
      cell.classList.toggle("civis-filtered", filtered);
    },
    /** Show what is in the column: of all rows, and of those that the filters leave. */
    summarize(all, left) {
      if (drawn === all && cell._left === left) return;
      drawn = all;
      cell._left = left;
      nulls.textContent = nullText(all.nulls, all.rows);
      const words = summaryText(all);
      bars.replaceChildren(...(all.bins?.length > 1 ? [histogram(all, left, words, on.brush)] : [valuesLine(all, words)]));
      bars.title = words;
    },
  };
}

/** Return the number of different values, or the value that all rows have, or the range of them. */
function valuesLine(summary, words) {
  const text =
    summary.distinct === 1 && summary.top?.length
      ? `all ${oneLine(summary.top[0][0]) || "empty"}`
      : summary.distinct
        ? counted(summary.distinct, "value")
        : summary.low === null || summary.low === undefined
          ? ""
          : summary.low === summary.high
            ? `all ${summary.low}`
            : `${summary.low} – ${summary.high}`;
  return element("span", { class: "civis-values", "aria-label": words, role: "note" }, text);
}

/** Return the bars of a histogram; dragging over them asks for the rows of that range. */
function histogram(all, left, words, brush) {
  const bins = all.bins;
  const drawing = svg("svg", {
    viewBox: `0 0 ${bins.length * 10} ${BARS_PX}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": `Histogram: ${words}`,
  });
  const most = Math.max(...bins.map((bin) => bin.count), 1);
  const height = (count) => (count ? Math.max((count / most) * BARS_PX, 1.5) : 0);
  bins.forEach((bin, at) => {
    const bar = svg("rect", { x: at * 10 + 0.5, width: 9, y: BARS_PX - height(bin.count), height: height(bin.count), class: left ? "civis-bar-all" : "civis-bar" });
    const title = svg("title", {});
    title.textContent = `${bin.low} to ${bin.high}: ${counted(bin.count, "row")}`;
    bar.append(title);
    drawing.append(bar);
  });
  if (left?.bins) {
    // The bars of what the filters leave are laid over those of all rows, on the same scale.
    left.bins.forEach((bin, at) => {
      if (bin.count) drawing.append(svg("rect", { x: at * 10 + 0.5, width: 9, y: BARS_PX - height(bin.count), height: height(bin.count), class: "civis-bar" }));
    });
  }
  const mark = svg("rect", { class: "civis-brush", y: 0, height: BARS_PX, x: 0, width: 0 });
  drawing.append(mark);
  let start = null;
  let end = null;
  const binAt = (event) => {
    const box = drawing.getBoundingClientRect();
    const share = (event.clientX - box.left) / (box.width || 1);
    return Math.min(Math.max(Math.floor(share * bins.length), 0), bins.length - 1);
  };
  const paint = () => {
    mark.setAttribute("x", Math.min(start, end) * 10);
    mark.setAttribute("width", (Math.abs(end - start) + 1) * 10);
  };
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = end = binAt(event);
    drawing.setPointerCapture(event.pointerId);
    paint();
    event.preventDefault();
  });
  drawing.addEventListener("pointermove", (event) => {
    if (start === null) return;
    end = binAt(event);
    paint();
  });
  drawing.addEventListener("pointerup", () => {
    if (start === null) return;
    const [from, to] = [Math.min(start, end), Math.max(start, end)];
    start = null;
    mark.setAttribute("width", 0);
    brush(bins[from].low, bins[to].high);
  });
  drawing.addEventListener("pointercancel", () => {
    start = null;
    mark.setAttribute("width", 0);
  });
  return drawing;
}

