// The live view of one run: state, times, link, progress, buttons; its log below.

import { announcer, connect, element, link, root, setText } from "./common.js";
import { LogStore } from "./log.js";
import { logView } from "./log_view.js";
import { attach, ATTACHED } from "./mount.js";
import { pictureBox } from "./picture.js";
import { clock, progressBar, reach, sayOfSilence, stateText } from "./run_parts.js";

/** The logs of the runs that are shown, by view: all views of a model share one. */
const logs = new Map();
/** Those of models without a view's id, as in tabs of JupyterLab. */
const own = new WeakMap();

function sharedLog(model) {
  const anchor = model.get("anchor");
  const [stores, key] = anchor ? [logs, anchor] : [own, model];
  if (!stores.has(key)) stores.set(key, new LogStore());
  return stores.get(key);
}

/** Keep the newest lines; views that are rebuilt find them again. */
function keep(model) {
  const { log, start, lines, first, total } = model.get("lines") ?? {};
  if (lines === undefined) return;
  const store = sharedLog(model);
  if (store.log !== log) store.clear(); // that of a run that was started again
  store.log = log;
  store.put(start, lines, first, total);
}

function initialize({ model }) {
  keep(model);
  const onLines = () => keep(model);
  model.on("change:lines", onLines);
  const detach = attach(model, render);
  return () => {
    detach?.();
    model.off("change:lines", onLines);
    logs.delete(model.get("anchor"));
  };
}

function render({ model, el }) {
  const frame = root(el, "civis-run");
  const speaker = announcer();
  const title = element("span", { class: "civis-run-title" });
  const state = element("span", { class: "civis-run-state" });
  const ids = element("span");
  const times = element("span", { class: "civis-run-dim" });
  const cancel = element("button", { type: "button" }, "Cancel");
  const repeat = element("button", { type: "button" }, "Run again");
  const advice = element("span", { class: "civis-run-dim" }, "To cancel, interrupt the kernel (■).");
  const progress = progressBar();
  const tasks = element("div", { class: "civis-run-picture", role: "region", "aria-label": "Tasks", tabIndex: 0, hidden: true });
  const hint = element("div", { class: "civis-run-dim" }, "Choose a task to see its log.");
  const amount = element("div", { class: "civis-run-dim" });
  const error = element("div", { class: "civis-run-error" });
  const note = element("div", { class: "civis-run-note" });
  const problem = element("div", { class: "civis-problem", role: "alert" });
  const said = element("div", { class: "civis-run-dim", role: "status" });

  // Where news alone is sent, silence means that there is none; a lost connection is told elsewhere.
  const newsOnly = Boolean(model.get("news_only"));
  let heard = performance.now();
  let pending = "";
  const connection = connect(model, (now) => {
    if (now === "lost") tell("The kernel is gone: this is what was seen last. Run the cell again for a live view.");
    show();
  });

  function tell(text) {
    problem.textContent = text;
  }

  const request = (kind, fields) => connection.request(kind, fields);
  const log = logView({ store: sharedLog(model), request, problem: tell });

  async function act(kind, meanwhile, fields) {
    pending = kind;
    said.textContent = meanwhile;
    show();
    try {
      said.textContent = (await request(kind, fields)).text;
      tell("");
    } catch (failure) {
      said.textContent = "";
      tell(failure.message);
    }
    pending = "";
    show();
  }
  const picture = pictureBox(tasks, (part) => act("open", `Reading the log of ${part} …`, { part }));
  cancel.addEventListener("click", () => act("cancel", "Asking the platform to stop the run …"));
  repeat.addEventListener("click", () => act("repeat", "Starting the run again …"));

  let spoken = "";
  let shownLog = model.get("lines")?.log;
  const way = reach(request, () => show());

  function show() {
    const run = model.get("run");
    const actions = run.actions ?? [];
    const { text, outcome } = stateText(run);
    setText(title, run.title ?? "");
    setText(state, text);
    state.dataset.outcome = outcome;
    if (ids.dataset.url !== (run.url ?? "") || ids.textContent !== (run.ids ?? "")) {
      ids.dataset.url = run.url ?? "";
      ids.replaceChildren(run.ids ? link(run.url, run.ids) : "");
    }
    const silent_s = (performance.now() - heard) / 1000;
    setText(times, clock(run, run.ended || connection.lost ? 0 : silent_s));
    const gone = connection.lost;
    cancel.hidden = run.ended || gone || !actions.includes("cancel") || (way.reachable === false && !pending);
    advice.hidden = run.ended || gone || way.reachable !== false || !actions.includes("cancel") || Boolean(pending);
    cancel.disabled = pending !== "";
    repeat.hidden = !run.ended || gone || !actions.includes("repeat");
    repeat.disabled = pending !== "";
    progress.show(run);
    const canOpen = actions.includes("open") && !gone && way.reachable !== false && !pending;
    picture.show(model.get("picture"), model.get("opened"), canOpen);
    hint.hidden = tasks.hidden || !actions.includes("open") || gone || Boolean(model.get("opened"));
    log.name(model.get("opened"));
    setText(amount, run.transfer?.text ?? "");
    amount.hidden = !run.transfer?.text;
    setText(error, run.error ? `Error: ${run.error}` : "");
    error.hidden = !run.error;
    error.classList.toggle("civis-run-excerpt", Boolean(run.error?.includes("\n")));
    setText(note, run.note ?? "");
    note.hidden = !run.note;
    if (spoken !== text) {
      if (spoken) speaker.say(`${run.title}: ${text}`);
      spoken = text;
    }
    sayOfSilence(said, gone || run.ended || newsOnly ? 0 : silent_s);
  }

  frame.append(
    element("div", { class: "civis-run-head" }, title),
    element("div", { class: "civis-run-facts" }, state, ids, times, cancel, advice, repeat),
    progress.element,
    tasks,
    hint,
    amount,
    error,
    note,
    said,
    problem,
    speaker.region,
  );
  if (model.get("lines")?.lines !== undefined) frame.insertBefore(log.element, error);

  const onRun = () => {
    heard = performance.now();
    show();
  };
  const onLines = () => {
    keep(model);
    if (!log.element.parentNode) frame.insertBefore(log.element, error);
    if (shownLog !== model.get("lines").log) log.reset();
    shownLog = model.get("lines").log;
    log.update();
  };
  model.on("change:run", onRun);
  model.on("change:picture", onRun);
  model.on("change:opened", onRun);
  model.on("change:lines", onLines);
  const ticking = setInterval(show, 1000);
  keep(model);
  show();
  log.update();
  el.addEventListener(ATTACHED, log.restore);

  return () => {
    clearInterval(ticking);
    model.off("change:run", onRun);
    model.off("change:picture", onRun);
    model.off("change:opened", onRun);
    model.off("change:lines", onLines);
    el.removeEventListener(ATTACHED, log.restore);
    way.close();
    connection.close();
    log.close();
  };
}

export default { initialize, render };
