import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesText,
  countText,
  filterText,
  nameParts,
  nextSort,
  nullText,
  sortText,
  summaryText,
  withFilter,
} from "../../../civis_nb/widgets/static/words.js";

test("filters are said in words", () => {
  const say = (filter) => filterText(filter, "n");
  assert.equal(say({ kind: "null", is_null: true }), "n is NULL");
  assert.equal(say({ kind: "null", is_null: false }), "n is not NULL");
  assert.equal(say({ kind: "range", low: "1", high: null }), "n ≥ 1");
  assert.equal(say({ kind: "range", low: null, high: "9" }), "n ≤ 9");
  assert.equal(say({ kind: "range", low: "1", high: "9" }), "n from 1 to 9");
  assert.equal(say({ kind: "text", op: "starts", value: "a\nb" }), "n starts with “a↵b”");
  assert.equal(say({ kind: "set", values: ["a", null, "c", "d"] }), "n is a, NULL, c and 1 more");
  assert.equal(say({ kind: "set", values: ["a"], exclude: true }), "n is none of a");
});

test("it is said how many rows of how many", () => {
  const say = (state, filtered = false) =>
    countText({ matched: 10, held: 100, total: null, complete: true, ...state }, filtered);
  assert.equal(say({}), "100 rows");
  assert.equal(say({}, true), "10 of 100 rows");
  assert.equal(say({ total: 5000 }), "the first 100 of 5,000 rows");
  assert.equal(say({ total: 5000 }, true), "10 of the first 100 of 5,000 rows");
  assert.equal(say({ complete: false }), "the first 100 rows; the total is not known");
  assert.equal(say({ held: 1 }), "1 row");
});

test("NULLs have a share that is never rounded away", () => {
  assert.equal(nullText(0, 10), "");
  assert.equal(nullText(10, 10), "all NULL");
  assert.equal(nullText(1, 100_000), "<1% NULL");
  assert.equal(nullText(99_999, 100_000), ">99% NULL");
  assert.equal(nullText(33, 100), "33% NULL");
});

test("a click on a header goes round, with shift it adds", () => {
  let sort = nextSort([], 2, false);
  assert.deepEqual(sort, [{ column: 2, descending: false }]);
  sort = nextSort(sort, 2, false);
  assert.deepEqual(sort, [{ column: 2, descending: true }]);
  assert.deepEqual(nextSort(sort, 2, false), []);
  sort = nextSort(sort, 1, true);
  assert.deepEqual(sort, [{ column: 2, descending: true }, { column: 1, descending: false }]);
  assert.equal(sortText(sort, ["a", "b", "c"]), "c ↓, then b ↑");
  assert.deepEqual(nextSort(sort, 2, true), [{ column: 1, descending: false }]);
  assert.deepEqual(nextSort(sort, 0, false), [{ column: 0, descending: false }]);
});

test("a new filter of a column replaces its old one", () => {
  const filters = [{ column: 1, kind: "null" }, { column: 2, kind: "null" }];
  assert.deepEqual(withFilter(filters, 1), [{ column: 2, kind: "null" }]);
  assert.equal(withFilter(filters, 1, { column: 1, kind: "set" }).length, 2);
});

test("summaries and sizes are read by persons", () => {
  assert.equal(summaryText({ low: "1", high: "9", nulls: 0 }), "from 1 to 9; no NULL");
  assert.equal(
    summaryText({ distinct: 2, top: [["a\tb", 1200]], nulls: 3 }),
    "about 2 different values; most often a→b (1,200); 3 NULL",
  );
  assert.equal(bytesText(1234), "1.2 kB");
  assert.equal(bytesText(45_200_000), "45.2 MB");
});

test("names that begin alike are parted where they differ", () => {
  assert.deepEqual(nameParts(["id", "identity"]), [["id", ""], ["identity", ""]]);
  const incomes = ["household_income_2019_estimate", "household_income_2020_estimate", "household_income"];
  assert.deepEqual(nameParts(incomes), [
    ["household_income_", "2019_estimate"],
    ["household_income_", "2020_estimate"],
    ["household_", "income"],
  ]);
  assert.deepEqual(nameParts(["likelihood_to_vote", "likelihood_to_vote"]), [
    ["likelihood_to_vote", ""],
    ["likelihood_to_vote", ""],
  ]);
  const faces = ["the same beginning", "the same beginning"].map((text, at) => text + ["😀", "😁"][at]);
  assert.deepEqual(nameParts(faces).map(([, tail]) => tail), ["beginning😀", "beginning😁"]);
});
