// The line above a table: how many rows, what filters and sorts them, copying and downloads.

import { element, link, oneLine } from "./common.js";

/** Return the line of a view; `on` has what its buttons do. Of a saved table, cells alone are copied. */
export function tableBar(view, on, isSaved = false) {
  const caption = element("span", { class: "civis-caption" });
  const chips = element("span", { class: "civis-chips" });
  const note = element("span", { class: "civis-caption" });
  const button = (text, title, act) => element("button", { type: "button", title, onclick: act }, text);
  const sql = button("Copy SQL", "Copy filter and order as SQL for the database", on.copySql);
  const buttons = element(
    "span",
    { class: "civis-downloads" },
    isSaved ? null : sql,
    button("Copy", "Copy the selected cells, to be pasted into a spreadsheet (Ctrl+C)", on.copy),
    isSaved ? null : button("CSV", "Download the rows that are shown as CSV", () => on.download("csv")),
    isSaved ? null : button("Parquet", "Download the rows that are shown as Parquet", () => on.download("parquet")),
  );
  const notice = element("div", { class: "civis-notice", hidden: true });
  const status = element("div", { class: "civis-notice", hidden: true });
  view.append(element("div", { class: "civis-bar-line" }, caption, chips, note, buttons), status, notice);
  let noteTimer = 0;

  return {
    caption(state, count, seconds) {
      const parts = [];
      if (state.title) parts.push(element("b", {}, oneLine(state.title)));
      parts.push(document.createTextNode(`${state.title ? " · " : ""}${count}`));
      if (state.saved) parts.push(document.createTextNode(` · ${state.saved}`));
      const took = seconds ?? state.seconds;
      if (took !== null && took !== undefined) parts.push(document.createTextNode(` · ${took.toFixed(2)} s`));
      if (state.run) parts.push(document.createTextNode(" · "), link(state.url, `${state.run}${state.url ? " ↗" : ""}`));
      caption.replaceChildren(...parts);
      const more = [
        state.can_count && button("Count rows", "Have the database count the rows of the result", on.countAll),
        state.can_fetch && button("Fetch all rows", "Run the query as an export, and show all of its rows", on.fetchAll),
      ];
      for (const one of more.filter(Boolean)) caption.append(" ", one);
    },
    chips(filters, order) {
      const chip = (text, title, act) => {
        const made = element("button", { type: "button", class: "civis-chip", title, "aria-label": `${title}: ${text}`, onclick: act });
        made.append(element("span", {}, text), element("span", { "aria-hidden": "true" }, "✕"));
        return made;
      };
      const place = [...chips.children].indexOf(chips.getRootNode().activeElement);
      chips.replaceChildren(
        ...filters.map((words, at) => chip(words, "Remove the filter", () => on.clearFilter(at))),
        ...(order ? [chip(`by ${order}`, "Remove the order", on.clearSort)] : []),
      );
      // The one that had the focus is gone: the next one has it, or the table.
      if (place >= 0) (chips.children[place] ?? chips.lastChild ?? { focus: on.focusTable }).focus();
      sql.disabled = !filters.length && !order;
    },
    /** Say something for a moment. */
    note(text, stays = false) {
      note.textContent = text;
      clearTimeout(noteTimer);
      if (!stays) noteTimer = setTimeout(() => (note.textContent = ""), 4000);
    },
    /** Say what went wrong, until it is right again. */
    problem(text) {
      notice.hidden = !text;
      if (!text) notice.replaceChildren();
      else notice.replaceChildren(element("span", { class: "civis-problem" }, text), " ", button("Try again", "Ask for the rows again", on.retry));
    },
    /** Say that the kernel is busy or gone. */
    kernel(what) {
      status.hidden = what === "ready";
      status.replaceChildren(
        what === "lost"
          ? element("span", { class: "civis-problem" }, "The kernel is gone: these are the rows that were shown last. Run the cell again for a live view.")
          : what === "waiting"
            ? element("span", {}, "Waiting for the kernel: it is busy, or gone.")
            : "",
      );
      if (what === "lost") for (const one of view.querySelectorAll(".civis-bar-line button")) one.disabled = true;
    },
  };
}
