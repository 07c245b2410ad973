import assert from "node:assert/strict";
import { test } from "node:test";
import { CallPlaces, MAX_HELD_BYTES, MAX_RUNNING_CALLS, MAX_WAITING_CALLS } from "./call-places.ts";

const NEVER = new AbortController().signal;

/** Calls that run until they are told to end. */
function calls(places: CallPlaces) {
  const running: (() => void)[] = [];
  const work = (): Promise<void> => new Promise((resolve) => running.push(resolve));
  const start = (plugin = "a", signal: AbortSignal = NEVER) =>
    places.run({ plugin, bytes: 0, signal }, work);
  return { running, start };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a plugin has so many calls under way, and the next one when one ends", async () => {
  const { running, start } = calls(new CallPlaces());
  const all = Array.from({ length: MAX_RUNNING_CALLS + 2 }, () => start());
  await turn();
  assert.equal(running.length, MAX_RUNNING_CALLS);
  running[0]?.();
  await turn();
  assert.equal(running.length, MAX_RUNNING_CALLS + 1);
  for (let at = 1; at < all.length; at++) {
    running[at]?.();
    await turn();
  }
  await Promise.all(all);
});

test("the calls of one plugin take no place of another's", async () => {
  const { running, start } = calls(new CallPlaces());
  for (let at = 0; at < MAX_RUNNING_CALLS; at++) void start("a");
  void start("b");
  await turn();
  assert.equal(running.length, MAX_RUNNING_CALLS + 1);
});

test("when too many wait, one more fails", async () => {
  const { running, start } = calls(new CallPlaces());
  for (let at = 0; at < MAX_RUNNING_CALLS + MAX_WAITING_CALLS; at++) void start();
  await assert.rejects(start(), { reason: "limit" });
  assert.equal(running.length, MAX_RUNNING_CALLS);
});

test("who gives up while it waits is passed over", async () => {
  const { running, start } = calls(new CallPlaces());
  for (let at = 0; at < MAX_RUNNING_CALLS; at++) void start();
  const gone = new AbortController();
  const given = start("a", gone.signal);
  const next = start();
  gone.abort(new Error("gone"));
  await assert.rejects(given, /gone/);
  running[0]?.();
  await turn();
  running.at(-1)?.();
  await next;
});

test("the calls of a plugin hold so many bytes, until each has ended", async () => {
  const places = new CallPlaces();
  const ends: (() => void)[] = [];
  const call = { plugin: "a", bytes: MAX_HELD_BYTES / 2, signal: NEVER };
  const held: boolean[] = [];
  const first = places.run(call, (hold) => {
    held.push(hold(MAX_HELD_BYTES / 4), hold(MAX_HELD_BYTES / 2));
    return new Promise<void>((resolve) => ends.push(resolve));
  });
  assert.deepEqual(held, [true, false]);
  await assert.rejects(
    places.run(call, () => Promise.resolve()),
    { reason: "limit" },
  );
  await places.run({ ...call, plugin: "b" }, () => Promise.resolve());
  ends[0]?.();
  await first;
  await places.run(call, () => Promise.resolve());
});
