// A clock for simulations of many thousand events: it goes on in steps of 1 ms, and nothing in it waits for promises.
import type { Clock } from "../upstream/clock.ts";

export class QuickClock implements Clock {
  #nowMs = 0;
  readonly #due = new Map<number, Set<() => void>>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const atMs = Math.max(Math.ceil(this.#nowMs + delayMs), this.#nowMs + 1);
    const due = this.#due.get(atMs) ?? new Set();
    this.#due.set(atMs, due);
    due.add(callback);
    return () => due.delete(callback);
  }

  advance(byMs: number): void {
    for (const endMs = this.#nowMs + byMs; this.#nowMs < endMs;) {
      this.#nowMs++;
      for (const callback of this.#due.get(this.#nowMs) ?? []) callback();
      this.#due.delete(this.#nowMs);
    }
  }
}
