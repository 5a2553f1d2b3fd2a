// Puts a live view into a cell's static HTML, so that the cell keeps nothing but the HTML.
//
// An output with a widget's MIME type shows "model not found" in a notebook that is opened again.
// So the cell's output is HTML that is complete by itself, with the class `civis-live-ID`. Where a
// page has this module's model, that HTML is hidden and the view is shown in its place; where the
// kernel is gone, it is there again.

const CLASS = "civis-live-";

/** Show views of a model wherever the page has its HTML, now and later. */
export function attach(model, render) {
  const id = model.get("anchor");
  if (!id || typeof document === "undefined") return undefined;
  const places = document.getElementsByClassName(CLASS + id);
  const mounted = new Map();
  let ended = false;

  function mount(place) {
    const box = document.createElement("div");
    const still = [...place.children];
    still.forEach((one) => (one.hidden = true));
    place.append(box);
    const end = render({ model, el: box });
    mounted.set(place, () => {
      end?.();
      box.remove();
      still.forEach((one) => (one.hidden = false));
    });
  }
  function look() {
    if (ended) return;
    for (const place of places) if (!mounted.has(place)) mount(place);
  }
  function end() {
    ended = true;
    watcher.disconnect();
    model.off("comm:close", end);
    for (const unmount of mounted.values()) unmount();
    mounted.clear();
  }
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  // The kernel let go of the table, as when the cell runs again: what stays is the HTML.
  model.on("comm:close", end);
  look();
  return end;
}
