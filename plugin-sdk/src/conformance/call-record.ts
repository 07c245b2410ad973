// What one call of the guest read of its request and did to it: what a gateway repeats (ABI.md, section "Decisions").
import { Fault } from "../abi.ts";
import type { HostCall } from "./host-call.ts";
import { doingsOf, readingOf, REPEATABLE, TELLING_NOTHING } from "./repeated-functions.ts";
import type { Doing } from "./repeated-functions.ts";

export class CallRecord {
  /** By what it is that was done: `request header x-count`. */
  readonly done: Map<string, readonly string[]> = new Map();
  /** Until when the guest wants it done again, ms since 1970. */
  untilMs = 0;
  /** The guest was told what is no part of its request and its config. */
  knowsMore = false;
  /** By question. */
  readonly #answers = new Map<string, string>();
  #doesMore = false;

  /** Of all that was done the gateway can do it again. */
  get isRepeatable(): boolean {
    return this.untilMs > 0 && !this.knowsMore && !this.#doesMore;
  }

  /** A host function has returned. */
  add(call: HostCall): void {
    const { name, result } = call;
    if (!REPEATABLE.has(name)) {
      this.#doesMore = true;
      if (!TELLING_NOTHING.has(name)) this.knowsMore = true;
      return;
    }
    if (name === "remember" && result === 0) this.untilMs = call.number(1);
    // How much is left, and whether there is room for a field, is not the request's to say.
    if (result === Fault.limit || (name === "quota_take" && result === 0)) this.knowsMore = true;
    const reading = readingOf(call);
    if (reading === "measured") this.knowsMore = true;
    else if (reading !== undefined) this.#answers.set(reading.question, reading.answer);
    for (const doing of doingsOf(call)) this.#did(doing);
  }

  /** The other call was told the same wherever both asked the same. */
  readTheSame(other: CallRecord): boolean {
    return [...this.#answers].every(([question, answer]) => {
      const theirs = other.#answers.get(question);
      return theirs === undefined || theirs === answer;
    });
  }

  /** How the call ended, when that was not "continue". */
  answered(status: number): void {
    this.done.set("answer", [String(status)]);
  }

  #did({ to, mode, value, isOfOthers = false }: Doing): void {
    if (isOfOthers) this.#doesMore = true;
    const before = mode === "add" ? (this.done.get(to) ?? []) : [];
    this.done.set(to, [...before, value]);
  }
}
