// What the views of one run and of many share: words for states and times, and the bar.

import { element, setText } from "./common.js";

const OUTCOMES = { succeeded: "good", success: "good", failed: "bad", cancelled: "stopped" };
const MARKS = { good: "✓", bad: "✗", stopped: "■", going: "…" };

/** Return a length of time for a person, as Python's `duration`. */
export function duration(seconds) {
  if (seconds < 120) return `${Math.max(seconds, 0).toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const SILENCE = "No word from the kernel";

/** Return what is said of a kernel from which nothing was heard for so long; empty at first. */
export function silence(seconds) {
  if (seconds <= 15) return "";
  // In coarse steps: a screen reader reads each text anew.
  let since = `${Math.floor(seconds / 15) * 15} s`;
  if (seconds >= 7200) since = `${Math.floor(seconds / 3600)} h`;
  else if (seconds >= 120) since = `${Math.floor(seconds / 60)} min`;
  return `${SILENCE} for ${since}: it is busy, or its connection is lost.`;
}

/** Say in an element for how long nothing was heard; what else it says stays until that is long. */
export function sayOfSilence(node, seconds) {
  const text = silence(seconds);
  if (text || node.textContent.startsWith(SILENCE)) setText(node, text);
}

/** Return the state of a run in words, and what kind of outcome it is. */
export function stateText(run) {
  const outcome = OUTCOMES[run.state] ?? "going";
  return { outcome, text: `${MARKS[outcome]} ${run.state_text ?? run.state ?? ""}` };
}

/** Return how long a run waited and ran; `more_s` have passed since it was heard of. */
export function clock(run, more_s = 0) {
  const words = [];
  if (typeof run.queued_s === "number") words.push(`queued ${duration(run.queued_s)}`);
  if (run.ended) {
    if (typeof run.running_s === "number") words.push(`ran ${duration(run.running_s)}`);
  } else if (typeof run.elapsed_s === "number") words.push(`running ${duration(run.elapsed_s + more_s)}`);
  return words.join(", ");
}

/**
 * Find out whether the kernel answers while it is busy, and call `changed` when that is known.
 *
 * `reachable` is null until then. JupyterLab opens a way beside the running cell (a subshell) some
 * moments after a view is there, where the kernel has such ways; messages before that wait.
 */
export function reach(request, changed) {
  const found = { reachable: null, close: () => clearTimeout(timer) };
  let timer = 0;
  function ask(wait_ms) {
    request("hello").then(
      () => {
        found.reachable = true;
        changed();
      },
      () => undefined,
    );
    timer = setTimeout(() => {
      if (found.reachable) return;
      found.reachable = false;
      changed();
      if (wait_ms < 10_000) ask(wait_ms * 2);
    }, wait_ms);
  }
  ask(700);
  return found;
}

/** Return a progress bar: `show(run)` draws a share, or that it goes on. */
export function progressBar(label = "Progress") {
  const filled = element("div");
  const bar = element("div", { class: "civis-progress", role: "progressbar", "aria-label": label }, filled);
  return {
    element: bar,
    show({ ended, transfer, title, state_text: text }) {
      const share = transfer?.share;
      bar.hidden = Boolean(ended) && typeof share !== "number";
      bar.setAttribute("aria-label", title || label);
      bar.setAttribute("aria-valuetext", transfer?.text || text || "");
      if (typeof share === "number") {
        bar.removeAttribute("data-unknown");
        bar.setAttribute("aria-valuemin", "0");
        bar.setAttribute("aria-valuemax", "100");
        bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
        filled.style.width = `${(share * 100).toFixed(1)}%`;
        filled.style.left = "0";
      } else {
        for (const name of ["min", "max", "now"]) bar.removeAttribute(`aria-value${name}`);
        bar.setAttribute("data-unknown", "");
        filled.style.width = filled.style.left = "";
      }
    },
  };
}
