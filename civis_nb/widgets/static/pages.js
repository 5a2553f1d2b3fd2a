// The live view of a list that comes in pages: nothing is fetched but the page that is asked for.

import { announcer, connect, element, root, setText, thousands } from "./common.js";
import { attach } from "./mount.js";
import { placeText } from "./page_words.js";

function render({ model, el }) {
  const frame = root(el, "civis-pages");
  const speaker = announcer();
  const title = element("span", { class: "civis-pages-title" });
  const place = element("span", { class: "civis-pages-place" });
  const before = element("button", { type: "button" }, "← Previous");
  const after = element("button", { type: "button" }, "Next →");
  const again = element("button", { type: "button" }, "Try again");
  const problem = element("div", { class: "civis-problem", role: "alert" });
  const head = element("tr");
  const body = element("tbody");
  const box = element(
    "div",
    { class: "civis-pages-box", role: "region", tabIndex: 0 },
    element("table", { class: "civis-pages-table" }, element("thead", {}, head), body),
  );
  let asked = 0; // the page that is being fetched
  let failed = 0; // the page that could not be
  let spoken = "";
  const connection = connect(model, (now) => {
    if (now === "lost") problem.textContent = "The kernel is gone: this page is what was seen last.";
    if (now === "waiting") speaker.say("The kernel is busy; the page comes when it is free.");
    place.dataset.waiting = now;
    show();
  });

  async function go(number) {
    if (asked) return;
    asked = number;
    failed = 0;
    problem.textContent = "";
    show();
    try {
      await connection.request("page", { number });
    } catch (error) {
      if (!connection.lost) {
        failed = number;
        problem.textContent = `Page ${thousands(number)} could not be fetched: ${error.message}`;
      }
    }
    asked = 0;
    show();
  }

  function show() {
    const page = model.get("page");
    const number = page.number ?? 0;
    setText(title, model.get("title"));
    box.setAttribute("aria-label", model.get("title"));
    const waiting = place.dataset.waiting === "waiting" ? "; the kernel is busy" : "";
    const text = asked ? `Fetching page ${thousands(asked)} …${waiting}` : placeText(page);
    setText(place, text);
    if (!asked && number && spoken !== text) {
      if (spoken) speaker.say(text);
      spoken = text;
    }
    frame.setAttribute("aria-busy", asked ? "true" : "false");
    after.textContent = number ? "Next →" : "Fetch the first page";
    before.hidden = !number;
    // A button that has the focus is not disabled while a page comes: it would lose it.
    before.disabled = number <= 1 || connection.lost;
    after.disabled = Boolean(page.last) || connection.lost;
    again.hidden = !failed || connection.lost;
    box.hidden = !number || !page.rows?.length;
  }

  function fill() {
    const { columns = [], rows = [] } = model.get("page");
    head.replaceChildren(...columns.map(([name, right]) =>
      element("th", { scope: "col", class: right ? "civis-pages-right" : null }, name)));
    body.replaceChildren(...rows.map((row) => element("tr", {}, ...row.map((cell, at) =>
      element("td", { class: columns[at][1] ? "civis-pages-right" : null, title: cell && cell.length > 40 ? cell : null },
        cell === null ? element("span", { class: "civis-pages-none" }, "–") : cell)))));
    box.scrollTop = 0;
  }

  before.addEventListener("click", () => go((model.get("page").number ?? 1) - 1));
  after.addEventListener("click", () => go((model.get("page").number ?? 0) + 1));
  again.addEventListener("click", () => go(failed));
  box.addEventListener("keydown", (event) => {
    if (event.key === "PageDown" && event.altKey && !after.disabled) after.click();
    else if (event.key === "PageUp" && event.altKey && !before.disabled) before.click();
    else return;
    event.preventDefault();
  });
  frame.append(
    element("div", { class: "civis-pages-bar" }, title, before, after, place, again),
    box, problem, speaker.region,
  );
  const onPage = () => {
    fill();
    show();
  };
  model.on("change:page", onPage);
  fill();
  show();
  return () => {
    model.off("change:page", onPage);
    connection.close();
  };
}

export default { initialize: ({ model }) => attach(model, render), render };
