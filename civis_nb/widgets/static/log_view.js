// A log that scrolls: only the lines in sight are on the page, and none of them is touched in vain,
// so that a reader keeps place and selection while lines come in.

import { copy, counted, element, save, setText, thousands } from "./common.js";
import { isAtEnd, LEVEL_NAMES, LEVELS, merged, placeOf, stretches, windowOf } from "./log.js";

const ROW_PX = 18;
const SCROLLBAR_PX = 14;

/**
 * Return the view of a log.
 *
 * `store` is a `LogStore`; `request(kind, fields)` asks the kernel; `problem(text)` tells the reader.
 */
export function logView({ store, request, problem }) {
  const rows = new Map(); // by line number
  let following = true;
  let level = "debug";
  let searched = "";
  let filter = null; // numbers of the lines of the level; null: all
  let hits = null; // numbers of the lines with the searched text
  let hit = -1;
  let scanned = 0;
  let loading = false;
  let partial = false;
  let failed = false;
  let planned = 0;
  let firstSeen = 0;
  let top = 0;
  let range = null;
  let whose = "";

  const sizer = element("div", { class: "civis-log-sizer" });
  const box = element(
    "div",
    { class: "civis-log-box", role: "log", "aria-live": "off", "aria-label": "Log", tabIndex: 0 },
    sizer,
  );
  const title = element("span", {}, "Log");
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search the log" });
  const levels = element(
    "select",
    { "aria-label": "Levels shown" },
    ...Object.entries(LEVEL_NAMES).map(([value, text]) => element("option", { value }, text)),
  );
  const count = element("span", { class: "civis-log-count", role: "status" });
  const before = element("button", { type: "button", title: "Previous match (Shift+Enter)", "aria-label": "Previous match" }, "↑");
  const after = element("button", { type: "button", title: "Next match (Enter)", "aria-label": "Next match" }, "↓");
  const copying = element("button", { type: "button" }, "Copy");
  const saving = element("button", { type: "button" }, "Download");
  const jump = element("button", { type: "button", class: "civis-log-jump", hidden: true });
  const bar = element("div", { class: "civis-log-bar" }, search, before, after, count, levels, copying, saving);
  const details = element(
    "details",
    { class: "civis-log", open: true },
    element("summary", {}, title),
    bar,
    element("div", { class: "civis-log-frame" }, box, jump),
  );

  // -- places: where a line stands among those that are shown --------------------------------

  const shownCount = () => (filter ? filter.length : store.total - store.first);
  const numberAt = (place) => (filter ? filter[place] : store.first + place);
  const placeOfLine = (number) => (filter ? placeOf(filter, number) : number - store.first);

  // -- drawing -------------------------------------------------------------------------------

  function fill(row, number) {
    const line = store.get(number);
    const state = line ? `${searched}\n${number === hits?.[hit]}` : "missing";
    if (row.civisLine === line && row.civisState === state) return;
    row.civisLine = line;
    row.civisState = state;
    row.dataset.level = line ? line[0] : "";
    row.classList.toggle("civis-log-missing", !line);
    row.classList.toggle("civis-log-here", Boolean(line) && number === hits?.[hit]);
    if (!line) {
      row.replaceChildren("…");
      return;
    }
    row.replaceChildren(
      ...stretches(line, searched).map(({ text, css, hit: inside }) => {
        if (!css && !inside) return document.createTextNode(text);
        const made = element(inside ? "mark" : "span", {}, text);
        if (css) made.style.cssText = css;
        return made;
      }),
      "\n",
    );
  }

  /** Return the numbers of the first and last line of a reader's selection; null without one. */
  function selected() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.anchorNode) return null;
    const ends = [selection.anchorNode, selection.focusNode].map((node) => {
      const inside = node?.nodeType === 1 ? node : node?.parentElement;
      const row = inside?.closest?.(".civis-log-line");
      return row && box.contains(row) ? Number(row.dataset.number) : null;
    });
    if (ends[0] === null && ends[1] === null) return null;
    const [low, high] = [ends[0] ?? ends[1], ends[1] ?? ends[0]].sort((a, b) => a - b);
    return { low, high };
  }

  function draw() {
    planned = 0;
    const rowsShown = shownCount();
    sizer.style.height = `${rowsShown * ROW_PX}px`;
    // A short log takes no more room than it needs; a filter does not change the room.
    const allPx = (store.total - store.first) * ROW_PX + SCROLLBAR_PX;
    box.style.setProperty("--civis-log-height", `${allPx}px`);
    box.style.setProperty("--civis-log-digits", `${thousands(store.total).length}ch`);
    if (following) box.scrollTop = box.scrollHeight;
    const { start, stop } = windowOf({
      top: box.scrollTop, height: box.clientHeight, row: ROW_PX, count: rowsShown,
    });
    const marked = selected();
    const keep = new Set();
    for (let place = start; place < stop; place += 1) keep.add(numberAt(place));
    for (const [number, row] of rows) {
      const pinned = marked && number >= marked.low && number <= marked.high;
      if (keep.has(number) || (pinned && placeOfLine(number) < rowsShown)) continue;
      row.remove();
      rows.delete(number);
    }
    let behind = null;
    for (const number of [...keep].reverse()) {
      let row = rows.get(number);
      if (!row) {
        row = element("div", {
          class: "civis-log-line", "data-number": number, "data-shown": thousands(number + 1),
        });
        rows.set(number, row);
        sizer.insertBefore(row, behind ?? firstBehind(number));
      }
      const top = `${placeOfLine(number) * ROW_PX}px`;
      if (row.style.top !== top) row.style.top = top;
      fill(row, number);
      behind = row;
    }
    load([...keep]);
    words();
  }

  /** Return the row before which one with this number belongs: the order is that of a selection. */
  function firstBehind(number) {
    let best = null;
    for (const [other, row] of rows) {
      if (other > number && (best === null || other < best.number)) best = { number: other, row };
    }
    return best?.row.parentNode ? best.row : null;
  }

  function plan() {
    planned ||= requestAnimationFrame(draw);
  }

  function words() {
    const dropped = store.first > 0 ? `; the first ${thousands(store.first)} are not kept` : "";
    setText(title, `Log${whose}: ${store.total ? counted(store.total, "line") + dropped : "no lines yet"}`);
    const unseen = shownCount() - Math.ceil((box.scrollTop + box.clientHeight) / ROW_PX);
    jump.hidden = following || unseen <= 0;
    if (!jump.hidden) setText(jump, `↓ ${counted(unseen, "line")} below`);
    bar.hidden = store.total === 0;
    box.hidden = store.total === 0;
    before.disabled = after.disabled = !hits?.length;
    let text = "";
    if (hits) text = hits.length ? `${hit >= 0 ? `${thousands(hit + 1)} of ` : ""}${counted(hits.length, "match")}`.replace("matchs", "matches") : "no match";
    else if (filter) text = counted(filter.length, "line");
    if (partial && text) text += ` in the ${counted(store.loaded, "line")} loaded here`;
    setText(count, text);
  }

  // -- what the kernel is asked for ----------------------------------------------------------

  async function load(numbers) {
    const wanted = loading || failed ? null : store.wanted(numbers);
    if (!wanted) return;
    loading = true;
    // An answer may take until the running cell has ended; what is wanted then is asked for anew.
    const late = setTimeout(() => {
      loading = false;
      plan();
    }, 3000);
    try {
      const { start, lines, first, total } = await request("lines", { start: wanted[0], stop: wanted[1] });
      store.put(start, lines, first, total);
    } catch (error) {
      failed = true;
      setTimeout(() => (failed = false), 3000);
      problem(`Earlier lines can't be loaded: ${error.message}`);
    } finally {
      clearTimeout(late);
      loading = false;
      plan();
    }
  }

  /** Find lines in the kernel; in what is loaded here where it does not answer soon. */
  async function find(text, least, start) {
    const own = () => ({ numbers: store.find(text, least, start), total: store.total, partial: !store.complete });
    if (store.complete) return own();
    let timer = 0;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(own()), 2000)));
    try {
      return await Promise.race([request("find", { text, level: least, start }), late]);
    } catch {
      return own();
    } finally {
      clearTimeout(timer);
    }
  }

  let asked = 0;
  let growing = false;

  /** Find the lines of the level, and those with the searched text: all, or what came since. */
  async function refind(start = 0) {
    const turn = (asked += 1);
    const [ofLevel, ofText] = await Promise.all([
      level === "debug" ? null : find("", level, start),
      searched ? find(searched, level, start) : null,
    ]);
    if (turn !== asked) return;
    filter = ofLevel && (start ? merged(filter ?? [], ofLevel.numbers, start) : ofLevel.numbers);
    const here = hits?.[hit];
    hits = ofText && (start ? merged(hits ?? [], ofText.numbers, start) : ofText.numbers);
    scanned = Math.min(ofLevel?.total ?? store.total, ofText?.total ?? store.total);
    partial = Boolean(ofLevel?.partial || ofText?.partial);
    if (!hits?.length) hit = -1;
    else if (start) hit = here === undefined ? -1 : hits.indexOf(here);
    else goTo(Math.max(0, placeOf(hits, numberAt(Math.floor(box.scrollTop / ROW_PX)) ?? 0) % hits.length));
    plan();
  }

  function goTo(next) {
    hit = next;
    following = false;
    const place = placeOfLine(hits[hit]);
    box.scrollTop = Math.max(0, place * ROW_PX - box.clientHeight / 2);
  }

  function step(by) {
    if (!hits?.length) return;
    goTo((hit + by + hits.length) % hits.length);
    plan();
  }

  /** Return the text of all lines that are shown; with what is loaded here without a kernel. */
  async function text() {
    if (store.complete) return store.text(level);
    try {
      const { buffers } = await request("text", { level });
      return new TextDecoder().decode(buffers[0]);
    } catch (error) {
      problem(`${error.message} These are the ${counted(store.loaded, "line")} that were loaded here.`);
      return store.text(level);
    }
  }

  // -- what a reader does --------------------------------------------------------------------

  box.addEventListener("scroll", () => {
    if (!box.clientHeight) return; // it is off the page
    following = isAtEnd(box);
    top = box.scrollTop;
    plan();
  });
  jump.addEventListener("click", () => {
    following = true;
    box.focus();
    plan();
  });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      searched = search.value;
      refind();
    }, 200);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && search.value) {
      search.value = "";
      search.dispatchEvent(new Event("input"));
    } else return;
    event.preventDefault();
  });
  before.addEventListener("click", () => step(-1));
  after.addEventListener("click", () => step(1));
  levels.addEventListener("change", () => {
    level = LEVELS.includes(levels.value) ? levels.value : "debug";
    refind();
  });
  copying.addEventListener("click", async () => {
    try {
      await copy(text());
      copying.textContent = "Copied";
      setTimeout(() => (copying.textContent = "Copy"), 1500);
    } catch (error) {
      problem(`It could not be copied: ${error.message}`);
    }
  });
  saving.addEventListener("click", async () => save("log.txt", [await text()], "text/plain;charset=utf-8"));
  box.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "/" || (command && event.key === "f")) search.focus();
    else if (command && event.key === "a") document.getSelection()?.selectAllChildren(sizer);
    else return;
    event.preventDefault();
  });
  // Lines between the ends of a selection may be off the page: the text comes from the store.
  box.addEventListener("copy", (event) => {
    const marked = selected();
    if (!marked || marked.high - marked.low < 1) return;
    const selection = document.getSelection();
    const onPage = selection.toString().split("\n").filter((_, at, all) => at < all.length - 1 || all[at]);
    if (onPage.length >= marked.high - marked.low + 1) return;
    const lines = [];
    for (let number = marked.low; number <= marked.high; number += 1) {
      const line = store.get(number);
      if (line) lines.push(stretches(line).map((one) => one.text).join(""));
    }
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
  });
  let seen = false;
  const sized = new ResizeObserver(() => {
    // A cell that is scrolled out of sight may be off the page for a while.
    if (box.clientHeight && !seen) restore();
    seen = box.clientHeight > 0;
    plan();
  });
  sized.observe(box);
  const onSelection = () => {
    if (!box.isConnected) return;
    const selection = document.getSelection();
    const marked = selected();
    range = marked ? [selection.anchorNode, selection.anchorOffset, selection.focusNode, selection.focusOffset] : null;
  };
  document.addEventListener("selectionchange", onSelection);

  /** Go back to the place and the selection: a view that was off the page has lost them. */
  function restore() {
    box.scrollTop = following ? box.scrollHeight : top;
    const inside = range && box.contains(range[0]) && box.contains(range[2]);
    if (inside && document.getSelection()?.isCollapsed !== false) {
      document.getSelection()?.setBaseAndExtent(...range);
    }
    plan();
  }

  return {
    element: details,
    restore,
    /** Call it the log of a part; of the whole where `part` is empty. */
    name(part) {
      whose = part ? ` of ${part}` : "";
    },
    /** Show what the store holds now. */
    update() {
      if (store.first > firstSeen) {
        // The oldest lines are gone: what the reader sees stays where it is.
        if (!filter && !following) box.scrollTop -= (store.first - firstSeen) * ROW_PX;
        if (filter) filter = filter.filter((number) => number >= store.first);
        firstSeen = store.first;
      }
      if ((searched || filter) && store.total > scanned && !growing) {
        growing = true;
        refind(Math.max(scanned - 1, 0)).finally(() => (growing = false));
      }
      plan();
    },
    /** Begin anew: the store holds another log. */
    reset() {
      following = true;
      firstSeen = scanned = top = 0;
      filter = filter && [];
      hits = hits && [];
      hit = -1;
      for (const row of rows.values()) row.remove();
      rows.clear();
    },
    close() {
      sized.disconnect();
      document.removeEventListener("selectionchange", onSelection);
      cancelAnimationFrame(planned);
      clearTimeout(typing);
    },
  };
}
