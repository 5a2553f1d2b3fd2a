import assert from "node:assert/strict";
import { test } from "node:test";
import { Lost, connect, oneLine, thousands, visible } from "../../../civis_nb/widgets/static/common.js";

/** A model as anywidget gives it, whose kernel is played by the test. */
function fakeModel() {
  const listeners = {};
  return {
    sent: [],
    on: (name, act) => (listeners[name] ??= new Set()).add(act),
    off: (name, act) => listeners[name]?.delete(act),
    send(message) {
      this.sent.push(message);
    },
    happens: (name, ...details) => [...(listeners[name] ?? [])].forEach((act) => act(...details)),
    listening: () => Object.values(listeners).reduce((sum, set) => sum + set.size, 0),
  };
}

test("an answer goes to the question with its id, whatever the order", async () => {
  const model = fakeModel();
  const kernel = connect(model);
  const first = kernel.request("rows", { start: 1 });
  const second = kernel.request("rows", { start: 2 });
  const [one, two] = model.sent;
  assert.notEqual(one.id, two.id);
  model.happens("msg:custom", { id: two.id, cells: "b" }, ["buffer"]);
  model.happens("msg:custom", { id: one.id, cells: "a" });
  model.happens("msg:custom", { id: "of another view" });
  assert.equal((await first).cells, "a");
  assert.deepEqual((await second).buffers, ["buffer"]);
});

test("an error comes back as an error", async () => {
  const model = fakeModel();
  const answer = connect(model).request("rows");
  model.happens("msg:custom", { id: model.sent[0].id, error: "no such column" });
  await assert.rejects(answer, /no such column/);
});

test("a kernel that is gone ends all questions, and is said once", async () => {
  const model = fakeModel();
  const states = [];
  const kernel = connect(model, (state) => states.push(state));
  const answer = kernel.request("rows");
  model.happens("comm_live_update");
  model.happens("comm:close");
  await assert.rejects(answer, Lost);
  await assert.rejects(kernel.request("rows"), /Run the cell again/);
  assert.deepEqual(states, ["lost"]);
  assert.equal(model.sent.length, 1);
});

test("a message that can't be sent means that the kernel is gone", async () => {
  const model = fakeModel();
  model.send = () => {
    throw new Error("disposed");
  };
  const states = [];
  await assert.rejects(connect(model, (state) => states.push(state)).request("rows"), Lost);
  assert.deepEqual(states, ["lost"]);
});

test("a late answer is waited for, and said", async () => {
  const model = fakeModel();
  const states = [];
  const answer = connect(model, (state) => states.push(state), 5).request("rows");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(states, ["waiting"]);
  model.happens("msg:custom", { id: model.sent[0].id });
  await answer;
  assert.deepEqual(states, ["waiting", "ready"]);
});

test("a view that is closed listens to nothing any more", () => {
  const model = fakeModel();
  connect(model).close();
  assert.equal(model.listening(), 0);
});

test("nothing unseen stays in a text", () => {
  assert.equal(visible("a\u202eb\u0000"), "a\\u202eb\\x00");
  assert.equal(oneLine("a\r\nb\tc"), "a↵b→c");
  assert.equal(thousands(1234567), "1,234,567");
});
