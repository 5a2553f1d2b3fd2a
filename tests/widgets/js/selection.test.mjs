import assert from "node:assert/strict";
import { test } from "node:test";
import { holds, moved, rectangle } from "../../../civis_nb/widgets/static/selection.js";

const BOUNDS = { rows: 1000, columns: 5, page: 10 };
const from = (row, at, key, ctrl = false) => moved({ row, at }, key, ctrl, BOUNDS);

test("arrows move by one and stop at the edges", () => {
  assert.deepEqual(from(3, 2, "ArrowDown"), { row: 4, at: 2 });
  assert.deepEqual(from(999, 2, "ArrowDown"), { row: 999, at: 2 });
  assert.deepEqual(from(3, 4, "ArrowRight"), { row: 3, at: 4 });
  assert.deepEqual(from(3, 0, "ArrowLeft"), { row: 3, at: 0 });
});

test("above the first row is the header, and nothing above that", () => {
  assert.deepEqual(from(0, 2, "ArrowUp"), { row: -1, at: 2 });
  assert.deepEqual(from(-1, 2, "ArrowUp"), { row: -1, at: 2 });
  assert.deepEqual(from(-1, 2, "ArrowDown"), { row: 0, at: 2 });
  assert.deepEqual(from(500, 2, "ArrowUp", true), { row: 0, at: 2 });
});

test("pages, home and end", () => {
  assert.deepEqual(from(3, 2, "PageDown"), { row: 13, at: 2 });
  assert.deepEqual(from(3, 2, "PageUp"), { row: 0, at: 2 });
  assert.deepEqual(from(3, 2, "Home"), { row: 3, at: 0 });
  assert.deepEqual(from(3, 2, "End"), { row: 3, at: 4 });
  assert.deepEqual(from(3, 2, "Home", true), { row: 0, at: 0 });
  assert.deepEqual(from(3, 2, "End", true), { row: 999, at: 4 });
});

test("other keys move nothing, and an empty table has only a header", () => {
  assert.equal(from(3, 2, "x"), null);
  const empty = { rows: 0, columns: 5, page: 10 };
  assert.deepEqual(moved({ row: -1, at: 0 }, "ArrowDown", false, empty), { row: -1, at: 0 });
  assert.deepEqual(moved({ row: -1, at: 0 }, "End", true, empty), { row: -1, at: 4 });
});

test("a selection is the rectangle between two cells", () => {
  const area = rectangle({ row: 9, at: 3 }, { row: 2, at: 1 });
  assert.deepEqual(area, { top: 2, bottom: 9, first: 1, last: 3 });
  assert.ok(holds(area, 2, 1) && holds(area, 9, 3) && !holds(area, 9, 4) && !holds(area, 1, 1));
  assert.equal(rectangle({ row: -1, at: 0 }, { row: 2, at: 1 }), null);
  assert.equal(holds(null, 0, 0), false);
});
