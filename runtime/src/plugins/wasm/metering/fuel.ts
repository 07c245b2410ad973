// The host's side of metering: what a guest gets to use, and when it gets no more. Each refill looks at the clock.
import type { GuestCall } from "../guest-call.ts";
import { FUEL_EXPORT, START_UNITS } from "./meter.ts";

/**
 * After its deadline a guest may end by itself, as those that ask `deadline_reached` do: they say what they were
 * doing. One that does not is stopped this much later, ms.
 */
const GRACE_MS = 25;

/** Units of one refill: enough that looking at the clock costs nothing, little enough to be late by a few ms only. */
const MIN_UNITS = 1 << 20;
const MAX_UNITS = 1 << 24;
/** Refills that follow each other sooner are made larger, later ones smaller, ms. */
const SOON_MS = 0.25;
const LATE_MS = 2;

/** Bytes that host functions read and write between two looks at the clock; each access counts as one page, too. */
const HOST_BYTES = 256 * 1024;
const ACCESS_BYTES = 4096;

export class Fuel {
  readonly #call: GuestCall;
  readonly #onUsed: (units: number) => void;
  #units = MIN_UNITS;
  #granted = START_UNITS;
  #refilledAtMs = 0;
  #hostBytes = HOST_BYTES;

  /** `onUsed` is told of the units used, at each refill. */
  constructor(call: GuestCall, onUsed: (units: number) => void) {
    this.#call = call;
    this.#onUsed = onUsed;
  }

  /** Must come before any call into the instance: without it a guest soon traps. */
  attach(exports: WebAssembly.Instance["exports"]): void {
    const table = exports[FUEL_EXPORT] as WebAssembly.Table; // Every module that was metered has it.
    table.set(
      0,
      asWasmFunction((left) => this.#refill(left)),
    );
  }

  /** Host functions say how much they read or wrote: their work is not the guest's, but the guest asks for it. */
  countHostBytes(count: number): void {
    this.#hostBytes -= count + ACCESS_BYTES;
    if (this.#hostBytes >= 0) return;
    this.#hostBytes = HOST_BYTES;
    if (this.#call.checkDeadline(GRACE_MS)) throw new Error("used up its time");
  }

  /** `left`: what the guest has, below 0 when it took more than there was. 0 ends it. */
  #refill(left: number): number {
    const nowMs = performance.now();
    this.#onUsed(this.#granted - left);
    this.#granted = 0;
    if (this.#call.checkDeadline(GRACE_MS)) return 0;
    const sinceMs = nowMs - this.#refilledAtMs;
    this.#refilledAtMs = nowMs;
    if (sinceMs < SOON_MS) this.#units = Math.min(this.#units * 2, MAX_UNITS);
    else if (sinceMs > LATE_MS) this.#units = Math.max(this.#units / 2, MIN_UNITS);
    this.#granted = this.#units;
    return this.#units;
  }
}

/** `(module (import "" "" (func (param i32) (result i32))) (export "" (func 0)))` */
const ADAPTER = Uint8Array.from(
  Buffer.from("0061736d0100000001060160017f017f02050100000000070401000000", "hex"),
);

let adapter: WebAssembly.Module | undefined;

/** A table takes functions of WebAssembly only; this one has gone through a module. */
function asWasmFunction(run: (value: number) => number): unknown {
  adapter ??= new WebAssembly.Module(ADAPTER);
  return new WebAssembly.Instance(adapter, { "": { "": run } }).exports[""];
}
