// The dialog of a column: order, filter, pin, width; and the dialog that shows a whole cell.

import { element, oneLine, thousands, visible } from "./common.js";

const RANGES = new Set(["integer", "decimal", "double", "date", "timestamp", "timestamptz", "time"]);
const EXAMPLES = { date: "2024-01-31", timestamp: "2024-01-31 12:00", timestamptz: "2024-01-31 12:00+00:00", time: "12:00" };
const SEARCH_AFTER_MS = 250;
let dialogs = 0;

/** Return a dialog beneath an element of a view; `close()` gives the focus back. */
export function dialog(view, near, title, onClose) {
  const id = `civis-dialog-${(dialogs += 1)}`;
  const body = element("div", { class: "civis-dialog-body" });
  const box = element(
    "div",
    { class: "civis-dialog", role: "dialog", "aria-labelledby": id, tabIndex: -1 },
    element(
      "div",
      { class: "civis-dialog-title" },
      element("strong", { id }, title),
      element("button", { type: "button", "aria-label": "Close", title: "Close (Escape)", onclick: () => close() }, "✕"),
    ),
    body,
  );
  let open = true;
  function close() {
    if (!open) return;
    open = false;
    document.removeEventListener("pointerdown", outside, true);
    box.remove();
    onClose();
  }
  function outside(event) {
    if (!event.composedPath().includes(box)) close();
  }
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Tab") keepInside(box, event);
  });
  document.addEventListener("pointerdown", outside, true);
  view.append(box);
  place(view, near, box);
  return { box, body, close, place: () => place(view, near, box) };
}

function place(view, near, box) {
  const outer = view.getBoundingClientRect();
  const at = near.getBoundingClientRect();
  const left = Math.min(at.left - outer.left, outer.width - box.offsetWidth - 4);
  box.style.left = `${Math.max(left, 0)}px`;
  box.style.top = `${Math.max(at.bottom - outer.top, 0) + 2}px`;
}

function keepInside(box, event) {
  const stops = [...box.querySelectorAll("button, input, select, textarea, [tabindex='0']")].filter(
    (one) => !one.disabled && one.offsetParent !== null,
  );
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.shiftKey && (document.activeElement === first || document.activeElement === box)) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault();
    first?.focus();
  }
}

/**
 * Open the dialog of a column.
 *
 * `state`: `{ sort, filters, pinned }` as in the view's traits; `on`: `sort(sort)`,
 * `filter(filters of this column)`, `pin(bool)`, `width(change)`, `values(search)`, `close()`.
 */
export function columnMenu(view, near, column, state, on) {
  const name = oneLine(column.name);
  const { body, close, box, place: again } = dialog(view, near, `${name} · ${column.type}`, on.close);
  const sorted = state.sort.find((one) => one.column === column.index);
  const others = state.sort.filter((one) => one.column !== column.index);
  const mine = state.filters.filter((one) => one.column === column.index);
  const done = (act) => () => {
    close();
    act();
  };
  const button = (text, act, pressed) =>
    element("button", { type: "button", onclick: done(act), "aria-pressed": pressed === undefined ? null : String(pressed) }, text);
  const up = { column: column.index, descending: false };
  const down = { column: column.index, descending: true };
  const pinned = state.pinned.includes(column.index);
  body.append(
    group(
      "Order",
      button("▲ Ascending", () => on.sort([up]), sorted?.descending === false),
      button("▼ Descending", () => on.sort([down]), sorted?.descending === true),
      others.length ? button("then ▲", () => on.sort([...others, up])) : null,
      others.length ? button("then ▼", () => on.sort([...others, down])) : null,
      sorted ? button("Not by this", () => on.sort(others)) : null,
    ),
    group(
      "Column",
      button(pinned ? "Unpin" : "Pin", () => on.pin(!pinned), pinned),
      element("button", { type: "button", onclick: () => on.width(-40) }, "Narrower"),
      element("button", { type: "button", onclick: () => on.width(40) }, "Wider"),
      button("Fit", () => on.width(null)),
    ),
    filterForm(column, mine, (filters) => done(() => on.filter(filters))(), on.values, again),
  );
  box.querySelector("button[aria-pressed], input")?.focus();
  return close;
}

function group(title, ...children) {
  return element("div", { class: "civis-group", role: "group", "aria-label": title }, element("span", { class: "civis-group-title" }, title), ...children);
}

function labelled(text, control) {
  return element("label", { class: "civis-label" }, element("span", {}, text), control);
}

function choice(text, options, chosen, onchange) {
  const made = element("select", { onchange }, ...options.map(([value, words]) => element("option", { value, selected: value === chosen }, words)));
  return [labelled(text, made), made];
}

function filterForm(column, mine, apply, values, again) {
  const kinds = [];
  if (RANGES.has(column.family)) kinds.push(["range", "Range"]);
  if (column.family !== "boolean") kinds.push(["text", "Text"]);
  kinds.push(["set", "Values"], ["null", "NULL"]);
  if (column.family === "boolean") kinds.reverse().sort((one) => (one[0] === "set" ? -1 : 1));
  const present = mine[0];
  const fields = element("div", { class: "civis-fields" });
  let read = () => null;
  const [kindLabel, kind] = choice("Filter by", kinds, present?.kind ?? kinds[0][0], () => show());

  function show() {
    const found = present?.kind === kind.value ? present : null;
    const [controls, reader] = { range, text, set, null: isNull }[kind.value](column, found, values);
    fields.replaceChildren(...controls);
    read = reader;
    again();
  }
  const form = element(
    "form",
    {
      class: "civis-filter",
      onsubmit: (event) => {
        event.preventDefault();
        const filter = read();
        if (filter) apply([{ column: column.index, kind: kind.value, ...filter }]);
      },
    },
    kindLabel,
    fields,
    element(
      "div",
      { class: "civis-actions" },
      element("button", { type: "submit", class: "civis-primary" }, "Apply"),
      element("button", { type: "button", disabled: !present, onclick: () => apply([]) }, "Clear filter"),
    ),
  );
  show();
  return form;
}

function range(column, found) {
  const example = EXAMPLES[column.family] ?? "";
  const low = element("input", { value: found?.low ?? "", placeholder: example, autocomplete: "off" });
  const high = element("input", { value: found?.high ?? "", placeholder: example, autocomplete: "off" });
  return [
    [labelled("From", low), labelled("To", high)],
    () => {
      if (!low.value.trim() && !high.value.trim()) {
        low.focus();
        return null;
      }
      return { low: low.value.trim() || null, high: high.value.trim() || null };
    },
  ];
}

function text(_, found) {
  const ops = [["contains", "contains"], ["lacks", "does not contain"], ["equals", "equals"], ["starts", "starts with"], ["ends", "ends with"]];
  const [opLabel, op] = choice("Text", ops, found?.op ?? "contains");
  const value = element("input", { value: found?.value ?? "", autocomplete: "off" });
  const match = element("input", { type: "checkbox", checked: found?.match_case ?? false });
  return [
    [opLabel, labelled("What", value), labelled("Match case", match)],
    () => {
      if (!value.value && op.value !== "equals") {
        value.focus();
        return null;
      }
      return { op: op.value, value: value.value, match_case: match.checked };
    },
  ];
}

function isNull(_, found) {
  const [label, which] = choice("Rows", [["no", "without NULL"], ["yes", "only NULL"]], found?.is_null ? "yes" : "no");
  return [[label], () => ({ is_null: which.value === "yes" })];
}

function set(column, found, values) {
  const chosen = new Set(found?.values ?? []);
  const list = element("div", { class: "civis-values-list", role: "group", "aria-label": "Values", tabIndex: 0 });
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search values", autocomplete: "off" });
  const [excludeLabel, exclude] = choice("Show", [["in", "rows with these"], ["out", "rows without these"]], found?.exclude ? "out" : "in");
  let asked = 0;
  let timer = 0;

  function line(value, count) {
    const box = element("input", {
      type: "checkbox",
      checked: chosen.has(value),
      onchange: () => (box.checked ? chosen.add(value) : chosen.delete(value)),
    });
    const words = value === null ? element("em", {}, "NULL") : element("span", {}, value === "" ? "(empty)" : oneLine(value).slice(0, 200));
    return element("label", {}, box, words, count === null ? null : element("small", {}, thousands(count)));
  }
  async function load() {
    const mine = (asked += 1);
    try {
      const answer = await values(search.value);
      if (mine !== asked) return;
      const shown = new Set(answer.values.map(([value]) => value));
      const kept = search.value ? [] : [...chosen].filter((value) => !shown.has(value));
      list.replaceChildren(
        ...kept.map((value) => line(value, null)),
        ...answer.values.map(([value, count]) => line(value, count)),
        ...(answer.more ? [element("small", {}, "There are more: search for them.")] : []),
        ...(answer.values.length || kept.length ? [] : [element("small", {}, "No such value.")]),
      );
    } catch (error) {
      if (mine === asked) list.replaceChildren(element("span", { class: "civis-problem" }, error.message));
    }
  }
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, SEARCH_AFTER_MS);
  });
  list.append(element("small", {}, "Counting the values…"));
  load();
  return [
    [excludeLabel, search, list],
    () => {
      if (!chosen.size) {
        search.focus();
        return null;
      }
      return { values: [...chosen], exclude: exclude.value === "out" };
    },
  ];
}

/** Open a dialog with the whole text of a cell. */
export function cellDialog(view, near, title, load, copyText, onClose) {
  const { body, close, box } = dialog(view, near, title, onClose);
  box.classList.add("civis-cell-dialog");
  const content = element("pre", { tabIndex: 0, "aria-label": "The cell's value" }, "…");
  const note = element("small", {});
  const copyButton = element("button", { type: "button", disabled: true }, "Copy");
  body.append(content, element("div", { class: "civis-actions" }, copyButton, note));
  load().then(
    (found) => {
      if (found.text === null) content.replaceChildren(element("em", {}, "NULL"));
      else content.textContent = visible(found.text);
      note.textContent = found.text === null ? "" : found.cut ? `The first ${thousands(found.text.length)} of ${thousands(found.length)} characters` : `${thousands(found.length)} characters`;
      copyButton.disabled = found.text === null;
      copyButton.addEventListener("click", () => copyText(found.text));
    },
    (error) => content.replaceChildren(element("span", { class: "civis-problem" }, error.message)),
  );
  content.focus();
  return close;
}
