import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_COLUMNS, BLOCK_ROWS, blockStore } from "../../../civis_nb/widgets/static/blocks.js";

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A store whose fetches are answered by hand. */
function byHand(columns = 50) {
  const asked = [];
  const failures = [];
  let changes = 0;
  const store = blockStore({
    columns: () => columns,
    changed: () => (changes += 1),
    failed: (error) => failures.push(error.message),
    fetch: (start, count, wanted) =>
      new Promise((resolve, reject) => {
        const answer = () =>
          resolve(wanted.map((column) => Array.from({ length: count }, (_, row) => `${start + row}/${column}`)));
        asked.push({ start, wanted, answer, reject });
      }),
  });
  return { store, asked, failures, changes: () => changes };
}

test("what is seen is fetched once, in blocks", async () => {
  const { store, asked, changes } = byHand();
  store.want(0, 13, [0, 1, 2]);
  store.want(2, 15, [0, 1, 2]);
  assert.equal(asked.length, 1);
  assert.equal(store.cell(3, 2), undefined);
  asked[0].answer();
  await tick();
  assert.equal(store.cell(3, 2), "3/2");
  assert.equal(changes(), 1);
  store.want(0, 13, [0]);
  assert.equal(asked.length, 1);
});

test("rows and columns at the edge of blocks are fetched from both sides", async () => {
  const { store, asked } = byHand();
  store.want(BLOCK_ROWS - 2, BLOCK_ROWS + 2, [BLOCK_COLUMNS - 1, BLOCK_COLUMNS]);
  for (let at = 0; at < asked.length; at += 1) {
    asked[at].answer();
    await tick();
  }
  assert.equal(asked.length, 4);
  assert.deepEqual(asked.at(-1).wanted, [40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  assert.equal(store.cell(BLOCK_ROWS, BLOCK_COLUMNS), `${BLOCK_ROWS}/${BLOCK_COLUMNS}`);
});

test("a fast scroll fetches where it ends, not all that it passed", async () => {
  const { store, asked } = byHand();
  for (let row = 0; row <= 1_000_000; row += 1000) store.want(row, row + 13, [0]);
  for (let at = 0; at < asked.length; at += 1) {
    asked[at].answer();
    await tick();
  }
  assert.ok(asked.length <= 3, `${asked.length} requests`);
  assert.equal(asked.at(-1).start, 1_000_000);
});

test("an answer to an earlier question changes nothing", async () => {
  const { store, asked } = byHand();
  store.want(0, 5, [0]);
  store.clear();
  asked[0].answer();
  await tick();
  assert.equal(store.cell(0, 0), undefined);
  store.want(0, 5, [0]);
  assert.equal(asked.length, 2);
});

test("a failure is told once, and the next wish asks again", async () => {
  const { store, asked, failures } = byHand();
  store.want(0, 5, [0]);
  asked[0].reject(new Error("no"));
  await tick();
  assert.deepEqual(failures, ["no"]);
  store.want(0, 5, [0]);
  assert.equal(asked.length, 2);
});

test("first rows that are known already are not fetched", () => {
  const { store, asked } = byHand(2);
  store.put([["a", null], ["b", { text: "c", length: 9 }]]);
  store.want(0, 1, [0, 1]);
  assert.equal(asked.length, 0);
  assert.equal(store.cell(1, 0), null);
  assert.deepEqual(store.cell(1, 1), { text: "c", length: 9 });
});
