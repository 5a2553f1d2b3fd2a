// The log as the browser knows it: which lines are there, asked for, found. Run by `node --test`.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isAtEnd, isOfLevel, LogStore, merged, placeOf, stretches, textOf, windowOf,
} from "../../../civis_nb/widgets/static/log.js";
import { clock, duration, sayOfSilence, silence, stateText } from "../../../civis_nb/widgets/static/run_parts.js";

const lines = (start, stop) => Array.from({ length: stop - start }, (_, at) => ["info", `line ${start + at}`]);

test("lines that come twice are there once", () => {
  const store = new LogStore();
  store.put(0, lines(0, 10));
  store.put(5, lines(5, 15));
  assert.equal(store.total, 15);
  assert.equal(store.loaded, 15);
  assert.ok(store.complete);
  assert.equal(store.text(), lines(0, 15).map((line) => `${line[1]}\n`).join(""));
});

test("the text of a level has the more severe lines, too", () => {
  const store = new LogStore();
  store.put(7, [["info", "a"], ["error", [["b", "color:red"], ["c", ""]]], ["warn", "d"]], 7, 10);
  assert.ok(store.complete);
  assert.equal(store.text("warn"), "bc\nd\n");
  assert.equal(store.text(), "a\nbc\nd\n");
});

test("a line that was written over has its last text", () => {
  const store = new LogStore();
  store.put(0, [["info", "10%"]]);
  store.put(0, [["info", "20%"], ["info", "done"]]);
  assert.equal(store.text(), "20%\ndone\n");
  assert.equal(store.loaded, 2);
});

test("only lines that are missing are asked for, with those before them", () => {
  const store = new LogStore();
  store.put(99_000, lines(99_000, 100_000), 0, 100_000);
  assert.equal(store.wanted([99_100, 99_101]), null);
  assert.deepEqual(store.wanted([50_000, 50_001], 100), [49_902, 50_002]);
  assert.deepEqual(store.wanted([98_999, 99_000], 100), [98_900, 99_000]);
  assert.deepEqual(store.wanted([0, 1, 2], 100), [0, 100]);
  assert.equal(store.complete, false);
});

test("lines that the kernel dropped are not asked for", () => {
  const store = new LogStore();
  store.put(0, lines(0, 10));
  store.put(20, lines(20, 30), 5, 30);
  assert.equal(store.first, 5);
  assert.equal(store.get(0), undefined);
  assert.equal(store.loaded, 15);
  assert.deepEqual(store.wanted([3, 4, 10], 100), [10, 20]);
});

test("a log that begins far on takes no longer than another", () => {
  const store = new LogStore();
  const first = 1_000_000_000_000; // to count up to it takes hours
  store.put(first, lines(0, 2), first, first + 2);
  assert.ok(store.complete);
  assert.equal(store.text(), "line 0\nline 1\n");
  store.put(first + 2, lines(2, 3), first + 1, first + 3);
  assert.ok(store.complete);
  assert.equal(store.text(), "line 1\nline 2\n");
});

test("every gap is filled by asking again and again", () => {
  const store = new LogStore();
  store.put(900, lines(900, 1000), 0, 1000);
  const all = Array.from({ length: 1000 }, (_, at) => at);
  let requests = 0;
  for (let range = store.wanted(all); range; range = store.wanted(all)) {
    store.put(range[0], lines(...range));
    requests += 1;
    assert.ok(requests < 5);
  }
  assert.ok(store.complete);
});

test("text and level find lines, whatever the case", () => {
  const store = new LogStore();
  store.put(0, [["info", "Start"], ["error", "STOP"], ["odd", "stop"], ["debug", [["st", ""], ["op", "color:red"]]]]);
  assert.deepEqual(store.find("stop", "debug"), [1, 2, 3]);
  assert.deepEqual(store.find("stop", "info"), [1, 2]);
  assert.deepEqual(store.find("", "error"), [1]);
  assert.deepEqual(store.find("stop", "debug", 2), [2, 3]);
  assert.ok(isOfLevel("fatal", "warn"));
  assert.ok(!isOfLevel("info", "warn"));
});

test("what was searched for is marked over the edges of colours", () => {
  const line = ["info", [["ab", ""], ["cdab", "color:red"], ["c", ""]]];
  assert.equal(textOf(line), "abcdabc");
  assert.deepEqual(
    stretches(line, "BC").map(({ text, css, hit }) => [text, css, hit]),
    [["a", "", false], ["b", "", true], ["c", "color:red", true], ["da", "color:red", false],
     ["b", "color:red", true], ["c", "", true]],
  );
  assert.deepEqual(stretches(["info", "plain"]), [{ text: "plain", css: "", hit: false }]);
  assert.deepEqual(stretches(["info", ""], "x"), []);
});

test("the rows in sight are on the page, and some beyond", () => {
  assert.deepEqual(windowOf({ top: 0, height: 180, row: 18, count: 100_000 }), { start: 0, stop: 30 });
  assert.deepEqual(windowOf({ top: 18_000, height: 180, row: 18, count: 100_000 }), { start: 980, stop: 1030 });
  assert.deepEqual(windowOf({ top: 1e9, height: 180, row: 18, count: 50 }), { start: 50, stop: 50 });
  assert.ok(isAtEnd({ scrollTop: 897, clientHeight: 100, scrollHeight: 1000 }));
  assert.ok(!isAtEnd({ scrollTop: 800, clientHeight: 100, scrollHeight: 1000 }));
});

test("newer finds replace those from where they begin", () => {
  assert.equal(placeOf([1, 5, 9], 5), 1);
  assert.equal(placeOf([1, 5, 9], 6), 2);
  assert.deepEqual(merged([1, 5, 9], [9, 12], 9), [1, 5, 9, 12]);
  assert.deepEqual(merged([], [3], 0), [3]);
});

test("times and states are said as Python says them", () => {
  assert.deepEqual([0.25, 150, 9000].map(duration), ["0.3 s", "2.5 min", "2.5 h"]);
  assert.equal(clock({ queued_s: 1, elapsed_s: 3 }, 2), "queued 1.0 s, running 5.0 s");
  assert.equal(clock({ queued_s: 1, running_s: 3, ended: true }, 9), "queued 1.0 s, ran 3.0 s");
  assert.deepEqual(stateText({ state: "failed", state_text: "failed" }), { outcome: "bad", text: "✗ failed" });
  assert.deepEqual(stateText({ state: "running", state_text: "running" }), { outcome: "going", text: "… running" });
});

test("how long a kernel is silent is said in coarse steps", () => {
  const texts = Array.from({ length: 120 }, (_, seconds) => silence(seconds));
  assert.deepEqual(texts.slice(0, 16), Array(16).fill(""));
  assert.match(texts[16], /^No word from the kernel for 15 s: /);
  assert.match(texts[119], / for 105 s: /);
  assert.equal(new Set(texts).size, 8);
  assert.match(silence(179), / for 2 min: /);
  assert.match(silence(3 * 3600 + 3500), / for 3 h: /);
});

test("a text of silence is written where it differs, and takes nothing else away", () => {
  const node = {
    written: [], get textContent() { return this.written.at(-1) ?? ""; }, set textContent(text) { this.written.push(text); },
  };
  for (let seconds = 0; seconds < 45; seconds += 1) sayOfSilence(node, seconds);
  assert.equal(node.written.length, 2);
  sayOfSilence(node, 0);
  assert.equal(node.textContent, "");
  node.textContent = "It runs again.";
  sayOfSilence(node, 5);
  assert.equal(node.textContent, "It runs again.");
});
