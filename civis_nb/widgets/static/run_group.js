// The live view of many runs: counts and a bar for all, a row for each, failures first.

import { announcer, connect, element, link, root, setText } from "./common.js";
import { attach } from "./mount.js";
import { clock, progressBar, reach, sayOfSilence, stateText } from "./run_parts.js";

function render({ model, el }) {
  const frame = root(el, "civis-run");
  const speaker = announcer();
  const caption = element("span", { class: "civis-run-title" });
  const cancelAll = element("button", { type: "button" }, "Cancel all");
  const advice = element("span", { class: "civis-run-dim" }, "To cancel, interrupt the kernel (■).");
  const progress = progressBar("Runs that have ended");
  const body = element("tbody");
  const header = ["State", "Run", "Time", "Error", ""].map((name) =>
    element("th", { scope: "col" }, name || element("span", { class: "civis-hidden" }, "Cancel")),
  );
  const box = element(
    "div",
    { class: "civis-runs-box", role: "region", "aria-label": "Runs", tabIndex: 0 },
    element("table", { class: "civis-runs" }, element("thead", {}, element("tr", {}, ...header)), body),
  );
  const more = element("div", { class: "civis-run-dim" });
  const said = element("div", { class: "civis-run-dim", role: "status" });
  const problem = element("div", { class: "civis-problem", role: "alert" });

  /** The rows by the places of their runs: each stays the same element, so focus is kept. */
  const rows = new Map();
  const cancelled = new Set();
  let heard = performance.now();
  let spoken = "";
  let ticking = 0;
  const connection = connect(model, (now) => {
    if (now === "lost") {
      clearInterval(ticking);
      setText(problem, "The kernel is gone: this is what was seen last.");
    }
    show();
  });

  const way = reach(connection.request, () => show());
  // What a notebook has kept changes no more, whatever it says of runs.
  const isOver = () => connection.lost || Boolean(model.get("saved"));

  async function act(kind, fields = {}) {
    said.textContent = "Asking the platform to stop …";
    try {
      said.textContent = (await connection.request(kind, fields)).text;
      problem.textContent = "";
    } catch (failure) {
      said.textContent = "";
      problem.textContent = failure.message;
    }
  }

  function makeRow(place) {
    const cells = ["td", "td", "td", "td", "td"].map((name) => element(name));
    const cancel = element("button", { type: "button", onclick: () => {
      cancelled.add(place);
      show();
      act("cancel", { place });
    } }, "Cancel");
    cells[4].append(cancel);
    return { element: element("tr", {}, ...cells), cells, cancel, text: "" };
  }

  function fill(row, run, silent_s) {
    const { text, outcome } = stateText(run);
    const words = [text, `${run.title}\n${run.ids}\n${run.url}`, clock(run, run.ended ? 0 : silent_s), run.error ?? ""];
    words.forEach((word, at) => {
      const cell = row.cells[at];
      if (cell.dataset.word === word) return;
      cell.dataset.word = word;
      if (at !== 1) cell.textContent = word;
      else {
        const ids = run.ids && run.ids !== run.title ? [element("br"), element("span", { class: "civis-run-dim" }, run.ids)] : [];
        cell.replaceChildren(link(run.url, run.title), ...ids);
      }
    });
    row.cells[0].className = "civis-run-state";
    row.cells[0].dataset.outcome = outcome;
    row.cancel.hidden = run.ended || way.reachable === false || isOver();
    row.cancel.disabled = cancelled.has(run.place);
    row.cancel.setAttribute("aria-label", `Cancel ${run.title}`);
  }

  function show() {
    const group = model.get("group");
    const silent_s = isOver() ? 0 : (performance.now() - heard) / 1000;
    setText(caption, group.caption ?? "");
    const share = group.total ? group.done / group.total : 1;
    progress.show({ ended: group.ended, title: "Runs that have ended", transfer: { share, text: group.caption } });
    progress.element.hidden = Boolean(group.ended);
    const runs = group.runs ?? [];
    const wanted = new Set(runs.map((run) => run.place));
    for (const [place, row] of rows) {
      if (wanted.has(place)) continue;
      row.element.remove();
      rows.delete(place);
    }
    runs.forEach((run, at) => {
      let row = rows.get(run.place);
      if (!row) rows.set(run.place, (row = makeRow(run.place)));
      fill(row, run, silent_s);
      // Only a row that changed its place is moved: moving one takes the focus from its button.
      if (body.children[at] !== row.element) body.insertBefore(row.element, body.children[at] ?? null);
    });
    setText(more, group.left_out ?? "");
    const going = !group.ended && !isOver();
    cancelAll.hidden = !going || way.reachable === false;
    advice.hidden = !going || way.reachable !== false;
    const counts = JSON.stringify(group.counts ?? {});
    if (spoken && spoken !== counts) speaker.say(group.caption);
    spoken = counts;
    sayOfSilence(said, going ? silent_s : 0);
  }

  cancelAll.addEventListener("click", () => act("cancel_all"));
  frame.append(
    element("div", { class: "civis-run-facts" }, caption, cancelAll, advice),
    progress.element, box, more, said, problem, speaker.region,
  );
  const onGroup = () => {
    heard = performance.now();
    show();
  };
  model.on("change:group", onGroup);
  if (!isOver()) ticking = setInterval(show, 1000);
  show();
  return () => {
    clearInterval(ticking);
    model.off("change:group", onGroup);
    way.close();
    connection.close();
  };
}

export default {
  initialize: ({ model }) => attach(model, render),
  render,
};
