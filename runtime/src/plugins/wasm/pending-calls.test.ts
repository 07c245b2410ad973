import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import { PendingCalls } from "./pending-calls.ts";

interface Resumption {
  readonly id: number;
  readonly result: number;
  readonly text: string | undefined;
}

function pendingCalls(): { pending: PendingCalls; resumptions: Resumption[] } {
  const resumptions: Resumption[] = [];
  const pending: PendingCalls = new PendingCalls((_, id, result) => {
    resumptions.push({ id, result, text: pending.part(id, 0)?.toString() });
  });
  return { pending, resumptions };
}

const NOBODY = { request: 0, entry: 0 };

test("a call that is over resumes the guest once, with its result readable then and only then", () => {
  const { pending, resumptions } = pendingCalls();
  const id = pending.start(NOBODY);
  assert.equal(pending.size, 1);
  pending.finish(id, 200, { head: "hello", body: new Uint8Array([1, 2]) });
  pending.finish(id, 200);
  assert.deepEqual(resumptions, [{ id, result: 200, text: "hello" }]);
  assert.equal(pending.part(id, 0), undefined);
  assert.equal(pending.size, 0);
});

test("one call's result is not another one's", () => {
  const results: (Buffer | undefined)[] = [];
  const pending: PendingCalls = new PendingCalls((_, id) => {
    results.push(pending.part(id, 1), pending.part(id + 1, 1), pending.part(id, 7));
  });
  const id = pending.start(NOBODY);
  pending.start(NOBODY);
  pending.finish(id, 0, { body: new Uint8Array([9]) });
  assert.deepEqual(results, [Buffer.from([9]), undefined, undefined]);
});

test("a call that comes again stays until it is stopped", () => {
  const { pending, resumptions } = pendingCalls();
  const id = pending.start(NOBODY);
  pending.repeat(id, 0);
  pending.repeat(id, 0);
  assert.equal(pending.stop(id), true);
  assert.equal(pending.stop(id), false);
  pending.repeat(id, 0);
  assert.equal(resumptions.length, 2);
});

test("stopping gives the work up and resumes nobody", () => {
  const { pending, resumptions } = pendingCalls();
  const aborted: string[] = [];
  for (const name of ["a", "b"]) pending.start({ ...NOBODY, abort: () => aborted.push(name) });
  pending.stopAll();
  assert.deepEqual(aborted, ["a", "b"]);
  assert.deepEqual(resumptions, []);
});

test("there is a limit on calls at once", () => {
  const { pending } = pendingCalls();
  const ids = Array.from({ length: 1001 }, () => pending.start(NOBODY));
  assert.equal(new Set(ids.slice(0, 1000)).size, 1000);
  assert.equal(ids.at(-1), Fault.limit);
});
