import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "../../../civis_nb/widgets/static/picture.js";

/** An element that keeps what is done to it. */
function made(name) {
  const attributes = {};
  const children = [];
  return {
    name,
    attributes,
    children,
    setAttribute: (key, value) => (attributes[key] = value),
    append: (child) => children.push(child),
  };
}

test("elements of SVG are built from plain data", () => {
  const svg = build(["svg", { width: "10" }, [["g", { "data-task": "a" }, [["title", {}, ["<b>"]]]]]], made);
  assert.equal(svg.name, "svg");
  assert.deepEqual(svg.attributes, { width: "10" });
  const [group] = svg.children;
  assert.equal(group.attributes["data-task"], "a");
  assert.deepEqual(group.children[0].children, ["<b>"]);
});

test("what can do something is left out", () => {
  const tree = ["svg", { onload: "x()" }, [["script", {}, ["x()"]], ["g", { onclick: "x()", href: "x" }, []]]];
  const svg = build(tree, made);
  assert.deepEqual(svg.attributes, {});
  assert.equal(svg.children.length, 1);
  assert.deepEqual(svg.children[0].attributes, {});
});
