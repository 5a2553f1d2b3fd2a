// What all views share: elements, requests to the kernel, the clipboard, downloads.
// Data is put on the page as text only; nothing here writes HTML.

/** Return an element. Properties are set as such, `class`, `role`, `aria-*` and `data-*` as attributes. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && !key.includes("-") && key !== "style") made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Set an element's text. One that stays is not touched: it may be selected, or be read aloud anew. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Return the outer element of a view: keys that are typed in it are its own, not the notebook's. */
export function root(el, name) {
  // Lumino, under JupyterLab and Notebook 7, looks for this attribute before it runs a shortcut.
  const made = element("div", { class: `civis-view ${name}`, "data-lm-suppress-shortcuts": "true" });
  for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) {
    made.addEventListener(kind, (event) => event.stopPropagation());
  }
  el.append(made);
  return made;
}

/** Return a polite live region, with `say(text)`. */
export function announcer() {
  const region = element("div", { class: "civis-hidden", role: "status", "aria-live": "polite" });
  let timer = 0;
  return {
    region,
    say(text) {
      // The same words twice are read twice only if the region was empty in between.
      region.textContent = "";
      clearTimeout(timer);
      timer = setTimeout(() => (region.textContent = text), 50);
    },
  };
}

let connections = 0;

/**
 * Return a connection to the view's object in the kernel.
 *
 * `request(kind, fields)` gives a promise of `{ ...fields, buffers }`; it is rejected with the
 * kernel's message, or when the kernel is gone. `onState` is called with "waiting" when an answer
 * takes long, "ready" when it came, and "lost" when no answer can come any more.
 */
export function connect(model, onState = () => {}, patience_ms = 1500) {
  const prefix = `${(connections += 1)}.${Math.random().toString(36).slice(2)}`;
  const waiting = new Map();
  let count = 0;
  let lost = false;
  let late = 0;

  function settle(id) {
    const found = waiting.get(id);
    if (!found) return null;
    waiting.delete(id);
    clearTimeout(found.timer);
    if (found.late) {
      late -= 1;
      if (late === 0 && !lost) onState("ready");
    }
    return found;
  }

  function onMessage(message, buffers) {
    const found = settle(message?.id);
    if (!found) return;
    if (message.error !== undefined) found.reject(new Error(message.error));
    else found.resolve({ ...message, buffers: buffers ?? [] });
  }

  function lose() {
    if (lost) return;
    lost = true;
    for (const id of [...waiting.keys()]) settle(id).reject(new Lost());
    onState("lost");
  }

  model.on("msg:custom", onMessage);
  // Front ends that know of the end of a kernel tell it so; others leave requests unanswered.
  model.on("comm_live_update", lose);
  model.on("comm:close", lose);

  return {
    get lost() {
      return lost;
    },
    request(kind, fields = {}) {
      if (lost) return Promise.reject(new Lost());
      const id = `${prefix}.${(count += 1)}`;
      return new Promise((resolve, reject) => {
        const one = { resolve, reject, late: false, timer: 0 };
        one.timer = setTimeout(() => {
          one.late = true;
          late += 1;
          onState("waiting");
        }, patience_ms);
        waiting.set(id, one);
        try {
          model.send({ ...fields, id, kind });
        } catch {
          lose();
        }
      });
    },
    close() {
      model.off("msg:custom", onMessage);
      model.off("comm_live_update", lose);
      model.off("comm:close", lose);
      for (const id of [...waiting.keys()]) settle(id).reject(new Lost());
    },
  };
}

/** The kernel is gone, or the view is closed. */
export class Lost extends Error {
  constructor() {
    super("The kernel is gone. Run the cell again for a live view.");
  }
}

/** Copy text that is on its way; the promise settles when it is on the clipboard. */
export async function copy(promise) {
  // Safari wants the promise itself while the click is handled; others take the text afterwards.
  if (globalThis.ClipboardItem && navigator.clipboard?.write) {
    const blob = promise.then((text) => new Blob([text], { type: "text/plain" }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return;
    } catch (error) {
      await blob; // what the kernel said is more to the point
      if (!navigator.clipboard.writeText) throw error;
    }
  }
  const text = await promise;
  if (navigator.clipboard?.writeText) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // not allowed in this frame: the old way may be
    }
  }
  const area = element("textarea", { value: text, class: "civis-hidden", "aria-hidden": "true" });
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus?.();
  if (!done) throw new Error("The browser does not let this page write to the clipboard.");
}

/** Offer a file to the browser's download. */
export function save(name, parts, type) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Return a link to an http(s) address that opens in a new tab; the bare text for any other. */
export function link(address, text) {
  if (!/^https?:\/\/[^/\s]/i.test(address ?? "")) return document.createTextNode(text);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Return a number with thousands apart, as Python's `format(n, ",")`. */
export function thousands(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Return a number with its noun. */
export function counted(number, noun) {
  return `${thousands(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** As civis_nb/_visible.py: controls but newline and tab, bidirectional marks, what has no width. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Return text with characters that can't be seen, or that deceive, written as escapes. */
export function visible(text) {
  return text.replace(UNSEEN, (found) => {
    const code = found.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

/** Return text on one line, with nothing unseen in it. */
export function oneLine(text) {
  return visible(text.replace(/\r\n/g, "\n").replace(/\n/g, "↵").replace(/\t/g, "→"));
}
