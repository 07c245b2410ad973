import assert from "node:assert/strict";
import { describe, test } from "node:test";
import binaryen from "binaryen";
import { GuestCall } from "../guest-call.ts";
import { Fuel } from "./fuel.ts";
import { meter } from "./meter.ts";

const LOOP = `(module
  (func (export "run") (param i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get 0)))))
  (func (export "forever") (loop $l (br $l))))`;

function loopModule(): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(LOOP);
  try {
    return meter(module.emitBinary());
  } finally {
    module.dispose();
  }
}

interface Guest {
  readonly run: (turns: number) => void;
  readonly forever: () => void;
}

function start(limitMs: number): { guest: Guest; call: GuestCall; fuel: Fuel; used: () => number } {
  const call = new GuestCall();
  let sum = 0;
  const fuel = new Fuel(call, (units) => (sum += units));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loopModule()));
  fuel.attach(exports);
  call.begin("access", 0, undefined, performance.now() + limitMs);
  // The text above says so.
  return { guest: exports as unknown as Guest, call, fuel, used: () => sum };
}

describe("fuel", () => {
  test("ends a guest that goes on after its deadline, and says why", () => {
    const { guest, call } = start(1);
    assert.throws(() => guest.forever(), WebAssembly.RuntimeError);
    assert.equal(call.isOverdue, true);
  });

  test("lasts as long as the deadline allows, however much is used", () => {
    const { guest, call, used } = start(60_000);
    guest.run(50_000_000);
    assert.equal(call.isOverdue, false);
    assert.ok(used() >= 50_000_000, `${used()}`);
  });

  test("counts what was used, whether a refill is large or small", () => {
    const { guest, used } = start(60_000);
    guest.run(100_000_000);
    const before = used();
    guest.run(100_000_000);
    const [first, second] = [before, used() - before];
    // What is left of a refill is counted with the next one.
    assert.ok(Math.abs(first - second) <= 2 ** 25, `${first}, ${second}`);
  });

  test("ends a guest that has the host copy for ever", () => {
    const { call, fuel } = start(1);
    assert.throws(() => {
      for (;;) fuel.countHostBytes(1000);
    }, /used up its time/);
    assert.equal(call.isOverdue, true);
  });

  test("lets the host copy within the deadline", () => {
    const { fuel } = start(60_000);
    for (let count = 0; count < 10_000; count++) fuel.countHostBytes(65_536);
  });
});
