// What a plugin remembers goes by its config and by what it reads of the request: whoever was served before, and by
// whichever instance, the same must come of the same request.
import type { Phase } from "../abi.ts";
import type { Intercept } from "../emulator/guest.ts";
import { CallRecord } from "./call-record.ts";
import { HostCall } from "./host-call.ts";
import { Broken, Skipped } from "./outcome.ts";
import type { Check } from "./outcome.ts";
import { ALIKE_REQUESTS, SAMPLE_REQUESTS } from "./requests.ts";
import type { SampleRequest } from "./requests.ts";
import { Instance } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** One phase of one request, where the call ended well. */
interface Decided {
  readonly phase: Phase;
  /** By the emulated gateway's time. */
  readonly atMs: number;
  readonly record: CallRecord;
  /** A gateway would do it again from then on. */
  readonly isRemembered: boolean;
}

export function decisionChecks(subject: Subject, imports: readonly string[]): Check[] {
  return [
    {
      name: "decisions: what is remembered is done again by the next call",
      run: () => checkDecisions(subject, imports),
    },
  ];
}

async function checkDecisions(subject: Subject, imports: readonly string[]): Promise<void> {
  const samples = [...SAMPLE_REQUESTS, ...ALIKE_REQUESTS];
  const decided = new Map<SampleRequest, Decided[]>(samples.map((sample) => [sample, []]));
  const serve = async (server: Server, sample: SampleRequest): Promise<void> => {
    decided.get(sample)?.push(...(await server.serve(sample)));
  };
  if (imports.includes("remember")) {
    for (const sample of samples) await serve(await Server.make(subject), sample);
    const seasoned = await Server.make(subject);
    for (const sample of samples.toReversed()) await serve(seasoned, sample);
    for (const sample of samples) await serve(seasoned, sample);
  }
  const all = [...decided.values()].flat();
  if (!all.some(({ isRemembered }) => isRemembered)) throw new Skipped("it never remembers");
  for (const [{ what }, ofSample] of decided) expectTheSame(what, ofSample);
}

/** An instance that serves one request after another, with somebody who takes notes. */
class Server {
  readonly #instance: Instance;
  readonly #phases: readonly Phase[];
  readonly #notes: Notes;

  private constructor(instance: Instance, phases: readonly Phase[], notes: Notes) {
    this.#instance = instance;
    this.#phases = phases;
    this.#notes = notes;
  }

  static async make(subject: Subject): Promise<Server> {
    const notes = new Notes();
    const instance = await Instance.make(subject, notes.intercept);
    // Nothing is remembered of those of bodies.
    const phases = subject.manifest.phases.filter((phase) => !phase.includes("body"));
    return new Server(instance, phases, notes);
  }

  async serve(sample: SampleRequest): Promise<Decided[]> {
    const { counters, clock } = this.#instance.host;
    const exchange = this.#instance.exchangeOf(sample);
    const decided: Decided[] = [];
    // With as much left of its quotas as anybody else finds.
    for (const key of counters.keys()) counters.delete(key);
    for (const phase of this.#phases) {
      this.#instance.prepare(phase, exchange, sample);
      const record = this.#notes.begin();
      const atMs = clock.nowMs;
      const { kind } = await this.#instance.run(phase, exchange);
      if (kind === "failed" || kind === "broken") continue;
      if (kind === "responded") record.answered(exchange.status);
      const isRemembered = kind === "continued" && record.isRepeatable && atMs < record.untilMs;
      decided.push({ phase, atMs, record, isRemembered });
    }
    return decided;
  }
}

class Notes {
  #record = new CallRecord();
  #randomBytes = 0;

  begin(): CallRecord {
    this.#record = new CallRecord();
    return this.#record;
  }

  get intercept(): Intercept {
    return (name, run, memory) =>
      (...values) => {
        const result = run(...values);
        const call = new HostCall(name, values, result, memory);
        if (name === "random_bytes") this.#fill(call.bytes(0));
        this.#record.add(call);
        return result;
      };
  }

  /** What configure made of them belongs to the config: each instance gets the same. */
  #fill(bytes: Uint8Array): void {
    for (const at of bytes.keys()) bytes[at] = ++this.#randomBytes * 37;
  }
}

/** In the order in which they came about. */
function expectTheSame(what: string, decided: readonly Decided[]): void {
  for (const [at, later] of decided.entries()) {
    for (const first of decided.slice(0, at)) {
      if (!isBoundBy(first, later) && !isBoundBy(later, first)) continue;
      const difference = differenceOf(first.record, later.record);
      if (difference === undefined) continue;
      throw new Broken(
        `${later.phase}: ${JSON.stringify(what)}: ${difference}; what is remembered may go by the config and the request alone`,
      );
    }
  }
}

/** Whether a gateway would have had `remembered` done again in the place of `other`, which knew nothing else. */
function isBoundBy(other: Decided, remembered: Decided): boolean {
  return (
    remembered.isRemembered &&
    other.phase === remembered.phase &&
    other.atMs >= remembered.atMs &&
    other.atMs < remembered.record.untilMs &&
    !other.record.knowsMore &&
    other.record.readTheSame(remembered.record)
  );
}

/** `request header x-count: "2", the first time "1"`. */
function differenceOf(first: CallRecord, later: CallRecord): string | undefined {
  for (const to of new Set([...first.done.keys(), ...later.done.keys()])) {
    const [before, after] = [said(first.done.get(to)), said(later.done.get(to))];
    if (before !== after) return `${to}: ${shortened(after)}, the first time ${shortened(before)}`;
  }
  return undefined;
}

function said(values: readonly string[] | undefined): string {
  return values?.join(", ") ?? "nothing";
}

const MAX_SAID = 100;

function shortened(text: string): string {
  return text.length > MAX_SAID ? `${text.slice(0, MAX_SAID)}…` : text;
}
