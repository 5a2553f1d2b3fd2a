// Puts a live view into a cell's static HTML, so that the cell keeps nothing but the HTML.
//
// An output with a widget's MIME type shows "model not found" in a notebook that is opened again.
// So the cell's output is HTML that is complete by itself, with the class `civis-live-ID`. Where a
// page has this module's model, that HTML is hidden and the view is shown in its place; where the
// kernel is gone, it is there again.

const CLASS = "civis-live-";

/** An event at a view's element when it is on the page again: what was scrolled is at its start. */
export const ATTACHED = "civis-attached";

/** Show views of a model wherever the page has its HTML, now and later. */
export function attach(model, render) {
  const id = model.get("anchor");
  if (!id || typeof document === "undefined") return undefined;
  const places = document.getElementsByClassName(CLASS + id);
  const mounted = new Map();
  let ended = false;
  let lost = false;

  function mount(place) {
    // HTML that was replaced by newer leaves its view to that one: a reader goes on where he was.
    const old = [...mounted.keys()].find((one) => !one.isConnected);
    const { box, end } = old ? mounted.get(old) : begin();
    mounted.delete(old);
    // What is hidden already stays so when the view ends: it has something else in its place.
    const still = [...place.children].filter((one) => !one.hidden);
    still.forEach((one) => (one.hidden = true));
    place.append(box);
    mounted.set(place, { box, end, still, seen: true });
    if (old) box.dispatchEvent(new Event(ATTACHED));
  }
  function begin() {
    const box = document.createElement("div");
    return { box, end: render({ model, el: box }) };
  }
  function look() {
    if (ended) return;
    for (const one of mounted.values()) {
      // A cell that is scrolled out of sight may be off the page for a while.
      if (one.box.isConnected && !one.seen) one.box.dispatchEvent(new Event(ATTACHED));
      one.seen = one.box.isConnected;
    }
    // What the next kernel has made is not for a view of the last one.
    if (!lost) for (const place of places) if (!mounted.has(place)) mount(place);
  }
  function lose() {
    lost = true;
  }
  function end() {
    ended = true;
    watcher.disconnect();
    model.off("comm:close", end);
    model.off("comm_live_update", lose);
    for (const { box, end: finish, still } of mounted.values()) {
      finish?.();
      box.remove();
      still.forEach((one) => (one.hidden = false));
    }
    mounted.clear();
  }
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  // The kernel let go of the table, as when the cell runs again: what stays is the HTML.
  model.on("comm:close", end);
  model.on("comm_live_update", lose);
  look();
  return end;
}
