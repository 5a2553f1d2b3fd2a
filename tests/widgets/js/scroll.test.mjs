import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MOST_PX,
  columnLayout,
  guessWidth,
  rowScale,
  topFor,
} from "../../../civis_nb/widgets/static/scroll.js";

test("a table that fits the browser scrolls pixel by pixel", () => {
  const scale = rowScale(1000, 26, 260);
  assert.equal(scale.heightPx, 26_000);
  assert.equal(scale.page, 10);
  assert.equal(scale.topAt(260), 10);
  assert.equal(scale.topAt(13), 0.5);
  assert.equal(scale.topAt(1e9), 990);
  assert.equal(scale.pxAt(10), 260);
});

test("ten million rows stay within what a browser lays out, and each can be at the top", () => {
  const scale = rowScale(10_000_000, 26, 260);
  assert.equal(scale.heightPx, MOST_PX);
  assert.equal(scale.topAt(0), 0);
  assert.equal(scale.topAt(MOST_PX - 260), 9_999_990);
  assert.equal(scale.lastTop, 9_999_990);
  for (const row of [0, 1, 17, 123_456, 5_000_001, 9_999_990]) {
    assert.ok(Math.abs(scale.topAt(scale.pxAt(row)) - row) < 0.01);
  }
});

test("few rows and none do not scroll", () => {
  for (const rows of [0, 1, 5]) {
    const scale = rowScale(rows, 26, 260);
    assert.equal(scale.lastTop, 0);
    assert.equal(scale.topAt(100), 0);
    assert.equal(scale.pxAt(3), 0);
  }
});

test("the top moves no more than is needed to show a row", () => {
  assert.equal(topFor(5, 10, 10, 90), 5);
  assert.equal(topFor(12, 10, 10, 90), 10);
  assert.equal(topFor(20, 10, 10, 90), 11);
  assert.equal(topFor(99, 0, 10, 90), 90);
});

test("of two thousand columns those are placed that are seen, pinned ones first", () => {
  const layout = columnLayout(new Array(2000).fill(100), [3, 7], 50);
  assert.deepEqual(layout.order.slice(0, 5), [3, 7, 0, 1, 2]);
  assert.equal(new Set(layout.order).size, 2000);
  const start = layout.place(0, 600).map((one) => one.column);
  assert.deepEqual(start, [3, 7, 0, 1, 2, 4]);
  const far = layout.place(100_000, 600);
  assert.deepEqual(far.slice(0, 2).map((one) => [one.column, one.left]), [[3, 50], [7, 150]]);
  assert.ok(far.length <= 8);
  assert.ok(far.slice(2).every((one) => one.left + one.width > 250 && one.left < 600));
});

test("scrolling to a column shows it whole, and leaves it where it is seen already", () => {
  const layout = columnLayout(new Array(100).fill(100), [0], 50);
  assert.equal(layout.scrollFor(0, 777, 600), 777);
  assert.equal(layout.scrollFor(3, 0, 600), 0);
  assert.equal(layout.scrollFor(10, 0, 600), 50 + 1100 - 600);
  assert.equal(layout.scrollFor(10, 5000, 600), 900);
});

test("a width is that of the longest text, within bounds", () => {
  assert.equal(guessWidth("n", "int", ["1"]), 70);
  assert.equal(guessWidth("n", "text", ["x".repeat(5000)]), 340);
  assert.equal(guessWidth("n", "text", ["x"], { nulls: true }), 114);
  assert.ok(guessWidth("a_rather_long_column_name", "int", ["1"]) > 200);
});
