// A grid of cells of which only those that are seen are on the page.

import { element, oneLine } from "./common.js";
import { headerCell } from "./header.js";
import { columnLayout, rowScale, topFor } from "./scroll.js";
import { holds, moved, rectangle } from "./selection.js";
import { nameParts } from "./words.js";

const ROW_PX = 26;
const HEAD_PX = 68;
const LOW_HEAD_PX = 44;
const MOST_ROWS_SEEN = 14;
let grids = 0;

/**
 * Return a grid.
 *
 * `columns`: `[{ index, name, type, right }]`; `cell(row, column)` as of a block store;
 * `on`: `want(first, last, columns)`, `sort(column, add)`, `menu(column, button)`,
 * `brush(column, low, high)`, `width(column, px)`, `expand(row, column, element)`, `copy()`,
 * `moved(row, at)` and `settled(columns)`, which is called when scrolling pauses. Without summaries
 * headers are lower.
 */
export function grid({ columns, cell, on, label, rowsSeen, withSummaries = true }) {
  const headPx = withSummaries ? HEAD_PX : LOW_HEAD_PX;
  const id = `civis-grid-${(grids += 1)}`;
  const head = element("div", { class: "civis-head", role: "row", "aria-rowindex": "1" });
  const body = element("div", { class: "civis-body", role: "rowgroup" });
  const layer = element(
    "div",
    { class: "civis-layer", role: "grid", tabIndex: 0, "aria-label": label, "aria-multiselectable": "true" },
    element("div", { role: "rowgroup" }, head),
    body,
  );
  const sizer = element("div", { class: "civis-sizer" }, layer);
  const scroller = element("div", { class: "civis-scroller" }, sizer);
  scroller.style.setProperty("--civis-head-height", `${headPx}px`);
  const corner = element("div", { class: "civis-corner", role: "columnheader", "aria-colindex": "1", "aria-label": "Row number" });
  const headers = new Map();
  const parts = nameParts(columns.map((one) => oneLine(one.name)));

  let rows = 0;
  let widths = [];
  let layout = columnLayout([], [], 0);
  let scale = rowScale(0, ROW_PX, 0);
  let gutterPx = 40;
  let top = 0;
  let sidePx = 0;
  let active = { row: 0, at: 0 };
  let anchor = null;
  let marks = { sort: [], filtered: new Set() };
  let touched = false;
  let frame = 0;
  let pause = 0;

  const schedule = () => (frame ||= requestAnimationFrame(draw));
  const viewPx = () => Math.max(scroller.clientHeight - headPx, ROW_PX);
  // Nothing is selected before the person was here.
  const area = () => (touched ? rectangle(anchor ?? active, active) : null);

  function header(column) {
    if (!headers.has(column)) {
      const one = headerCell(columns[column], parts[column], {
        sort: (add) => {
          activate({ row: -1, at: layout.placeOf(column) });
          on.sort(column, add);
        },
        menu: (button) => on.menu(column, button),
        brush: (low, high) => on.brush(column, low, high),
        resize: (event) => resize(event, column),
      });
      one.cell.id = `${id}-h${column}`;
      headers.set(column, one);
    }
    return headers.get(column);
  }

  function resize(event, column) {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.target;
    const from = event.clientX - widths[column];
    handle.setPointerCapture(event.pointerId);
    const follow = (moving) => {
      widths[column] = Math.min(Math.max(moving.clientX - from, 40), 2000);
      relayout();
    };
    const end = () => {
      handle.removeEventListener("pointermove", follow);
      on.width(column, widths[column]);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }

  // -- drawing ------------------------------------------------------------------------------

  function draw() {
    frame = 0;
    if (!scroller.isConnected || !scroller.clientWidth) return;
    const width = scroller.clientWidth;
    layer.style.width = `${width}px`;
    layer.style.height = `${Math.max(scroller.clientHeight, headPx)}px`;
    const seen = layout.place(scroller.scrollLeft, width);
    const first = Math.floor(top);
    const count = Math.max(Math.min(Math.ceil(viewPx() / ROW_PX) + 1, rows - first), 0);
    drawHead(seen);
    drawBody(seen, first, count);
    markActive();
    if (count) on.want(first, first + count - 1, seen.map((one) => one.column));
    clearTimeout(pause);
    pause = setTimeout(() => on.settled(seen.map((one) => one.column)), 120);
  }

  function drawHead(seen) {
    const wanted = [corner];
    corner.style.width = `${gutterPx}px`;
    for (const { column, at, left, width, pinned } of seen) {
      const one = header(column);
      one.cell.style.left = `${left}px`;
      one.cell.style.width = `${width}px`;
      one.cell.classList.toggle("civis-pinned", pinned);
      one.cell.setAttribute("aria-colindex", at + 2);
      one.mark(marks.sort, marks.filtered.has(column));
      wanted.push(one.cell);
    }
    const keep = new Set(wanted);
    for (const child of [...head.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((child, at) => {
      if (head.children[at] !== child) head.insertBefore(child, head.children[at] ?? null);
    });
  }

  function drawBody(seen, first, count) {
    body.style.transform = `translateY(${headPx - (top - first) * ROW_PX}px)`;
    while (body.children.length > count) body.lastChild.remove();
    while (body.children.length < count) {
      const line = element("div", { class: "civis-row", role: "row" });
      line.style.top = `${body.children.length * ROW_PX}px`;
      line.append(element("div", { class: "civis-gutter", role: "rowheader", "aria-colindex": "1" }));
      body.append(line);
    }
    const chosen = area();
    for (let at = 0; at < count; at += 1) drawRow(body.children[at], first + at, seen, chosen);
  }

  function drawRow(line, row, seen, chosen) {
    line.setAttribute("aria-rowindex", row + 2);
    line.classList.toggle("civis-odd", row % 2 === 1);
    const gutter = line.firstChild;
    gutter.style.width = `${gutterPx}px`;
    gutter.textContent = String(row + 1);
    gutter._row = row;
    while (line.children.length > seen.length + 1) line.lastChild.remove();
    while (line.children.length < seen.length + 1) line.append(element("div", { role: "gridcell" }));
    seen.forEach(({ column, at, left, width, pinned }, number) => {
      const box = line.children[number + 1];
      fill(box, cell(row, column), columns[column].right);
      box.id = `${id}-${row}-${at}`;
      box._row = row;
      box._at = at;
      box.style.left = `${left}px`;
      box.style.width = `${width}px`;
      box.classList.toggle("civis-pinned", pinned);
      box.setAttribute("aria-colindex", at + 2);
      const selected = holds(chosen, row, at);
      box.setAttribute("aria-selected", selected);
      box.classList.toggle("civis-selected", selected);
    });
  }

  function fill(box, value, right) {
    const name = `civis-cell${right ? " civis-right" : ""}`;
    if (box._value === value && box._name === name) return;
    box._value = value;
    box._name = name;
    box.className = name;
    box.removeAttribute("title");
    if (value === undefined) {
      box.textContent = "…";
      box.classList.add("civis-coming");
    } else if (value === null) {
      box.textContent = "NULL";
      box.classList.add("civis-null");
    } else if (typeof value === "string") {
      box.textContent = oneLine(value);
    } else {
      box.textContent = `${oneLine(value.text)}…`;
      box.title = `${value.length} characters: Enter or double-click shows them`;
    }
  }

  function markActive() {
    for (const old of layer.querySelectorAll(".civis-active")) old.classList.remove("civis-active");
    const found = elementOf(active);
    found?.classList.add("civis-active");
    if (found) layer.setAttribute("aria-activedescendant", found.id);
    else layer.removeAttribute("aria-activedescendant");
  }

  function elementOf({ row, at }) {
    if (row < 0) return headers.get(layout.order[at])?.cell;
    for (const line of body.children) {
      for (const box of line.children) if (box._row === row && box._at === at) return box;
    }
    return undefined;
  }

  // -- moving -------------------------------------------------------------------------------

  function scrollTo(row) {
    top = Math.min(Math.max(row, 0), scale.lastTop);
    const px = scale.pxAt(top);
    if (Math.abs(scroller.scrollTop - px) > 0.5) scroller.scrollTop = px;
    schedule();
  }

  /** Scroll sideways as far as the active cell needs it. */
  function showColumn() {
    if (!touched || !layout.order.length) return;
    const left = layout.scrollFor(active.at, scroller.scrollLeft, scroller.clientWidth);
    if (left !== scroller.scrollLeft) scroller.scrollLeft = left;
  }

  function activate(next, extend = false) {
    anchor = extend ? (anchor ?? active) : null;
    active = next;
    if (active.row >= 0) scrollTo(topFor(active.row, top, scale.page, scale.lastTop));
    showColumn();
    schedule();
    on.moved(active);
  }

  scroller.addEventListener("scroll", () => {
    if (!scroller.clientWidth || !seen) return; // it is off the page, or was until now
    sidePx = scroller.scrollLeft;
    // Beyond what a browser lays out, the scroll bar is coarse: `top` is what counts, and a scroll
    // position that we set ourselves must not round it.
    if (Math.abs(scroller.scrollTop - scale.pxAt(top)) > 1) top = scale.topAt(scroller.scrollTop);
    schedule();
  });
  scroller.addEventListener(
    "wheel",
    (event) => {
      if (scale.exact || event.ctrlKey || !event.deltaY) return;
      const unit = event.deltaMode === 1 ? 1 : event.deltaMode === 2 ? scale.page : 1 / ROW_PX;
      const next = Math.min(Math.max(top + event.deltaY * unit, 0), scale.lastTop);
      if (next !== top) event.preventDefault();
      scrollTo(next);
    },
    { passive: false },
  );

  layer.addEventListener("keydown", (event) => {
    if (event.target !== layer || event.altKey && event.key !== "ArrowDown") return;
    const ctrl = event.ctrlKey || event.metaKey;
    const column = layout.order[active.at];
    const next = event.altKey ? null : moved(active, event.key, ctrl, { rows, columns: columns.length, page: scale.page });
    if (next) activate(next, event.shiftKey && next.row >= 0 && active.row >= 0);
    else if (ctrl && event.key.toLowerCase() === "a") {
      anchor = { row: 0, at: 0 };
      active = { row: Math.max(rows - 1, 0), at: columns.length - 1 };
      schedule();
    } else if (ctrl && event.key.toLowerCase() === "c") on.copy();
    else if (event.altKey || event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      if (column !== undefined) on.menu(column, header(column).menu);
    } else if (active.row < 0 && (event.key === "Enter" || event.key === " ")) on.sort(column, event.shiftKey);
    else if (active.row >= 0 && event.key === "Enter") on.expand(active.row, column, elementOf(active));
    else if (event.key === "Escape" && anchor) {
      anchor = null;
      schedule();
    } else return;
    event.preventDefault();
  });

  let dragging = false;
  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const box = event.target.closest(".civis-cell");
    const gutter = event.target.closest(".civis-gutter");
    if (!box && !gutter) return;
    layer.focus({ preventScroll: true });
    event.preventDefault();
    if (gutter) {
      const from = event.shiftKey && anchor ? anchor.row : gutter._row;
      activate({ row: gutter._row, at: columns.length - 1 }, true);
      anchor = { row: from, at: 0 };
      return;
    }
    activate({ row: box._row, at: box._at }, event.shiftKey);
    if (!event.shiftKey) anchor = active;
    dragging = true;
  });
  layer.addEventListener("pointermove", (event) => {
    if (!dragging || !(event.buttons & 1)) return;
    const box = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".civis-cell");
    if (box && layer.contains(box)) activate({ row: box._row, at: box._at }, true);
  });
  layer.addEventListener("pointerup", () => (dragging = false));
  layer.addEventListener("dblclick", (event) => {
    const box = event.target.closest(".civis-cell");
    if (box) on.expand(box._row, layout.order[box._at], box);
  });
  layer.addEventListener("focus", () => {
    touched = true;
    schedule();
  });

  // -- what others change ---------------------------------------------------------------------

  function relayout() {
    layout = columnLayout(widths, pins, gutterPx);
    sizer.style.width = `${layout.totalPx}px`;
    schedule();
  }

  let seen = false;
  function resized() {
    if (!scroller.clientWidth) {
      seen = false;
      return;
    }
    scale = rowScale(rows, ROW_PX, viewPx());
    top = Math.min(top, scale.lastTop);
    sizer.style.height = `${headPx + scale.heightPx}px`;
    if (!seen) {
      // A cell that is scrolled out of sight may be off the page for a while, and loses its place.
      seen = true;
      scroller.scrollTop = scale.pxAt(top);
      scroller.scrollLeft = sidePx;
    }
    schedule();
  }

  let pins = [];
  const watcher = new ResizeObserver(resized);
  watcher.observe(scroller);

  return {
    element: scroller,
    focus: () => layer.focus({ preventScroll: true }),
    /** Show another number of rows, from the top on. */
    setRows(count, keepPlace = false) {
      rows = count;
      gutterPx = Math.max(String(count).length * 7.6 + 16, 36);
      layer.setAttribute("aria-rowcount", count + 1);
      layer.setAttribute("aria-colcount", columns.length + 1);
      const shown = Math.min(Math.max(count, 1), rowsSeen ?? MOST_ROWS_SEEN);
      scroller.style.setProperty("--civis-height", `${headPx + shown * ROW_PX + 2}px`);
      if (!keepPlace) {
        top = 0;
        active = { row: Math.min(active.row, 0), at: active.at };
        anchor = null;
        scroller.scrollTop = 0;
      }
      relayout();
      resized();
      showColumn();
    },
    setLayout(newWidths, pinned) {
      widths = [...newWidths];
      pins = pinned;
      relayout();
      showColumn();
    },
    setMarks(sort, filtered) {
      marks = { sort, filtered };
      schedule();
    },
    summarize: (column, all, left) => header(column).summarize(all, left),
    headerMenu: (column) => header(column).menu,
    scrollTo,
    refresh: schedule,
    get top() {
      return top;
    },
    /** The selected cells: rows, and columns in the order in which they stand. */
    get selection() {
      const found = area();
      if (!found) return null;
      return { ...found, columns: layout.order.slice(found.first, found.last + 1) };
    },
    close: () => watcher.disconnect(),
  };
}
