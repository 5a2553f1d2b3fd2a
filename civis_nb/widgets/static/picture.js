// The picture of what a run consists of: SVG from plain data, whose parts can be opened.

const SVG = "http://www.w3.org/2000/svg";
const TAGS = new Set(["svg", "g", "rect", "path", "text", "tspan", "title"]);
const ATTRIBUTES = new Set([
  "viewBox", "width", "height", "x", "y", "rx", "d", "fill", "stroke", "stroke-width", "stroke-dasharray",
  "font-size", "text-anchor", "style", "role", "aria-label", "aria-hidden", "data-task",
]);

/** Return an element of SVG from `[name, attributes, children]`; null for what has no place in one. */
export function build([name, attributes, children], createElement = create) {
  if (!TAGS.has(name)) return null;
  const node = createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (ATTRIBUTES.has(key)) node.setAttribute(key, String(value));
  }
  for (const child of children) {
    const made = typeof child === "string" ? child : build(child, createElement);
    if (made !== null) node.append(made);
  }
  return node;
}

function create(name) {
  return document.createElementNS(SVG, name);
}

/**
 * Return the place of a picture: `show(tree, opened)` draws it, `open(part)` is called for a part that a
 * reader chooses.
 */
export function pictureBox(box, open) {
  let drawn = null;
  let marked = "";

  function show(tree, opened, canOpen) {
    if (tree !== drawn) {
      drawn = tree;
      const focused = box.contains(document.activeElement) ? document.activeElement.dataset?.task : undefined;
      const { scrollLeft, scrollTop } = box;
      const svg = tree?.length ? build(tree) : null;
      box.replaceChildren(...(svg ? [svg] : []));
      box.hidden = !svg;
      Object.assign(box, { scrollLeft, scrollTop });
      marked = "";
      for (const part of parts()) prepare(part);
      if (focused !== undefined) parts().find((part) => part.dataset.task === focused)?.focus();
    }
    const state = `${opened}\n${canOpen}`;
    if (state === marked) return;
    marked = state;
    for (const part of parts()) {
      part.setAttribute("aria-pressed", String(part.dataset.task === opened));
      part.setAttribute("aria-disabled", String(!canOpen));
    }
  }

  const parts = () => [...box.querySelectorAll("[data-task]")];

  function prepare(part) {
    part.setAttribute("role", "button");
    part.setAttribute("tabindex", "0");
  }

  function chosen(event) {
    const part = event.target.closest?.("[data-task]");
    if (!part || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (part.getAttribute("aria-disabled") !== "true") open(part.dataset.task);
  }

  box.addEventListener("click", chosen);
  box.addEventListener("keydown", chosen);
  return { show };
}
