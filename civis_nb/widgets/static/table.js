// The view of a table: its state is in the model's traits, its rows come from the kernel. Of a table
// that was saved, `state.saved` says what of it; its model answers with the saved rows alone.

import { blockStore } from "./blocks.js";
import { announcer, connect, copy, element, oneLine, root, thousands } from "./common.js";
import { download } from "./download.js";
import { grid } from "./grid.js";
import { cellDialog, columnMenu } from "./menu.js";
import { attach } from "./mount.js";
import { guessWidth } from "./scroll.js";
import { tableBar } from "./tablebar.js";
import { countText, filterText, nextSort, sortText, withFilter } from "./words.js";

/** Tables of so few rows are summarized in one request, larger ones a column at a time. */
const SUMMARIZED_AT_ONCE = 100_000;
const TRAITS = ["sort", "filters", "pinned", "widths", "state"];

function render({ model, el }) {
  const view = root(el, "civis-table");
  const { region, say } = announcer();
  const isSaved = Boolean(model.get("state").saved);
  const kernel = connect(model, (what) => bar.kernel(what));
  const summaries = new Map();
  const filtered = new Map();
  let matched = model.get("state").held;
  let seconds = null;
  let shown = "";
  let closeDialog = null;

  const get = (name) => model.get(name);
  const columns = get("columns").map(([name, type, family, right], index) => ({ index, name, type, family, right }));
  const names = columns.map((one) => one.name);
  const query = () => ({ sort: get("sort"), filters: get("filters") });
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  const store = blockStore({
    columns: () => columns.length,
    changed: () => table.refresh(),
    failed,
    async fetch(start, count, wanted) {
      const asked = JSON.stringify(query());
      const answer = await kernel.request("rows", { ...query(), start, count, columns: wanted });
      if (asked === JSON.stringify(query()) && answer.matched !== matched) {
        matched = answer.matched;
        table.setRows(matched, true);
      }
      if (start === 0 || seconds === null) seconds = answer.seconds;
      caption();
      bar.problem(null);
      return answer.cells;
    },
  });

  const bar = tableBar(view, {
    clearSort: () => set("sort", []),
    focusTable: () => table.focus(),
    // By its place: what comes back from the kernel is equal, and another object.
    clearFilter: (at) => set("filters", get("filters").filter((_, place) => place !== at)),
    copySql: () => copied(kernel.request("sql", query()).then((answer) => answer.sql), "SQL copied"),
    copy: () => copySelection(),
    download: (format) => download(kernel, { ...query(), format }, bar, say),
    fetchAll: () => act(kernel.request("fetch")),
    countAll: async () => {
      bar.note("Counting the rows …", true);
      await act(kernel.request("count"));
      bar.note("");
    },
    retry: () => reload(),
  }, isSaved);

  const table = grid({
    columns,
    cell: store.cell,
    label: `Table: ${get("state").title || "result"}`,
    rowsSeen: get("state").rows,
    withSummaries: !isSaved,
    on: {
      want: store.want,
      sort: (column, add) => set("sort", nextSort(get("sort"), column, add)),
      brush: (column, low, high) => set("filters", withFilter(get("filters"), column, { column, kind: "range", low, high })),
      width: (column, px) => set("widths", { ...get("widths"), [column]: Math.round(px) }),
      menu: openMenu,
      expand: openCell,
      copy: () => copySelection(),
      moved: () => {},
      settled: summarizeSeen,
    },
  });

  // -- what the person does -----------------------------------------------------------------

  function openMenu(column, near) {
    closeDialog?.();
    closeDialog = columnMenu(view, near, columns[column], { ...query(), pinned: get("pinned") }, {
      sort: (sort) => set("sort", sort),
      filter: (filters) => set("filters", withFilter(get("filters"), column, ...filters)),
      pin: (pin) => set("pinned", pin ? [...get("pinned"), column] : get("pinned").filter((one) => one !== column)),
      width: (change) => set("widths", changedWidth(column, change)),
      values: (search) => kernel.request("values", { column, search, filters: withFilter(get("filters"), column) }),
      close: () => table.focus(),
    });
  }

  function changedWidth(column, change) {
    const { [column]: old, ...others } = get("widths");
    if (change === null) return { ...others, [column]: fitted(column, 900) };
    return { ...others, [column]: Math.max((old ?? fitted(column)) + change, 40) };
  }

  function fitted(column, most = 340) {
    const texts = [];
    let nulls = false;
    const top = Math.floor(table?.top ?? 0);
    for (let row = top; row < top + 60; row += 1) {
      const found = store.cell(row, column);
      if (found) texts.push(typeof found === "string" ? found : found.text);
      nulls ||= found === null;
    }
    const { name, type } = columns[column];
    return guessWidth(name, type, texts, { most, nulls });
  }

  function openCell(row, column, near) {
    closeDialog?.();
    closeDialog = cellDialog(
      view,
      near ?? table.element,
      `${oneLine(names[column])}, row ${thousands(row + 1)}`,
      () => kernel.request("cell", { ...query(), row, column }),
      (text) => copied(Promise.resolve(text), "Cell copied"),
      () => table.focus(),
    );
  }

  function copySelection() {
    const area = table.selection;
    if (!area) return;
    const rows = area.bottom - area.top + 1;
    const asked = { ...query(), start: area.top, count: rows, columns: area.columns };
    // One cell is copied bare; with more, the names come along.
    const headers = rows > 1 || area.columns.length > 1;
    const text = kernel.request("copy", { ...asked, headers }).then((answer) => answer.text);
    copied(text, `${thousands(rows)} × ${thousands(area.columns.length)} cells copied`);
  }

  async function copied(text, words) {
    if (await act(copy(text))) bar.note(words), say(words);
  }

  async function act(promise) {
    try {
      await promise;
      bar.problem(null);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  function failed(error) {
    bar.problem(error.message);
    say(error.message);
  }

  // -- what changes -------------------------------------------------------------------------

  function caption() {
    const state = get("state");
    const count = countText({ matched, ...state }, get("filters").length > 0);
    bar.caption(state, count, seconds);
    const words = `${count}${get("sort").length ? `, sorted by ${sortText(get("sort"), names)}` : ""}`;
    if (words !== shown && shown) say(words);
    shown = words;
  }

  function reload() {
    const state = get("state");
    const { sort, filters } = query();
    store.clear();
    filtered.clear();
    matched = filters.length ? matched : state.held;
    if (!sort.length && !filters.length) store.put(get("first"));
    table.setRows(matched);
    marks();
    caption();
    table.refresh();
  }

  function marks() {
    const { sort, filters } = query();
    table.setMarks(sort, new Set(filters.map((one) => one.column)));
    bar.chips(
      filters.map((filter) => filterText(filter, names[filter.column])),
      sort.length ? sortText(sort, names) : "",
    );
    for (const [column, all] of summaries) table.summarize(column, all, filters.length ? filtered.get(column) : null);
  }

  function arrange() {
    const widths = get("widths");
    table.setLayout(columns.map((_, column) => widths[column] ?? guesses[column]), get("pinned"));
  }

  /** Ask for the summaries of columns that are not known; keep and return them, unless the filters are others by now. */
  async function summarized(some, known, filters) {
    const wanted = some.filter((column) => !known.has(column));
    if (!wanted.length) return [];
    const { summaries: found } = await kernel.request("summary", { columns: wanted, filters });
    if (filters.length && JSON.stringify(filters) !== JSON.stringify(get("filters"))) return [];
    const pairs = wanted.map((column, at) => [column, found[at]]);
    for (const [column, one] of pairs) known.set(column, one);
    return pairs;
  }

  let summarizing = false;
  async function summarizeSeen(seen) {
    // What is in a few rows that were saved says nothing of the column.
    if (summarizing || kernel.lost || store.busy || isSaved) return;
    summarizing = true;
    const asked = JSON.stringify(get("filters"));
    try {
      const step = get("state").held <= SUMMARIZED_AT_ONCE ? seen.length : 1;
      for (let at = 0; at < seen.length; at += step) {
        const some = seen.slice(at, at + step);
        for (const [column, all] of await summarized(some, summaries, [])) table.summarize(column, all, null);
        const filters = get("filters");
        if (!filters.length) continue;
        const found = await summarized(some, filtered, filters);
        for (const [column, left] of found) table.summarize(column, summaries.get(column), left);
      }
    } catch (error) {
      // Other filters end the search for these.
      if (!kernel.lost && asked === JSON.stringify(get("filters"))) failed(error);
    } finally {
      summarizing = false;
    }
  }

  let known = get("state");
  function stateChanged() {
    const [before, now] = [known, get("state")];
    known = now;
    // The same rows, of which more is known.
    if (before.held === now.held && before.complete === now.complete) return caption();
    summaries.clear();
    reload();
  }

  view.append(table.element, region);
  store.put(get("first"));
  const guesses = columns.map((_, column) => fitted(column));
  arrange();
  reload();
  table.scrollTo(0);

  const listeners = { sort: reload, filters: reload, pinned: arrange, widths: arrange, state: stateChanged };
  for (const name of TRAITS) model.on(`change:${name}`, listeners[name]);
  return () => {
    for (const name of TRAITS) model.off(`change:${name}`, listeners[name]);
    closeDialog?.();
    kernel.close();
    table.close();
    view.remove();
  };
}

export default { initialize: ({ model }) => attach(model, render), render };
