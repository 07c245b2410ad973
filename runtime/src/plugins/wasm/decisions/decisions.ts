// What a plugin entry decided on requests, to be repeated for those of which it would read the same. A handler that goes
// by nothing but its config and what it reads is a tree of questions: its next look follows from the answers so far.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../../exchange.ts";
import { isSameSecret, secretHash } from "../../../secret.ts";
import type { Snapshot } from "../../../snapshot.ts";
import { Recording } from "./recording.ts";
import type { Answer, Condition, Effect, Look } from "./recording.ts";

type Step = Question | Outcome;

interface Question {
  readonly kind: "question";
  readonly look: Look;
  readonly branches: Map<unknown, Branch>;
}

interface Branch {
  readonly answer: Answer;
  next: Step;
}

interface Outcome {
  readonly kind: "outcome";
  readonly condition: Condition | undefined;
  readonly effects: readonly Effect[];
  readonly untilMs: number;
}

/** Of one phase of an entry in one thread: strangers choose what is remembered. */
const MAX_BYTES = 1_048_576;
const MAX_FRUITLESS = 1000;
const SAMPLED = 50;
/** About, beside its text. */
const BRANCH_BYTES = 200;

/** Bodies are never the same. */
export const REPEATED_PHASES = ["access", "header_filter", "log"] as const;

/** Those of one entry. */
export type PhaseDecisions = Readonly<Partial<Record<Phase, Decisions>>>;

export function phaseDecisions(): PhaseDecisions {
  return Object.fromEntries(REPEATED_PHASES.map((phase) => [phase, new Decisions()]));
}

export class Decisions {
  #isWanted = false;
  /** Consumers, credentials and routes are this one's, which must not stay in memory for it. */
  #snapshot: WeakRef<Snapshot> | undefined;
  #root: Step | undefined;
  #bytes = 0;
  /** Since the last request that needed no call. */
  #recordings = 0;

  /** The plugin has asked for it: calls are recorded from the next one on. */
  want(): void {
    this.#isWanted = true;
  }

  /** For the call that begins; undefined as long as nobody asked. */
  record(): Recording | undefined {
    if (!this.#isWanted) return undefined;
    this.#recordings++;
    // Where no request is like another, recording costs more than it brings.
    const isFruitless = this.#recordings > MAX_FRUITLESS && this.#recordings % SAMPLED !== 0;
    return isFruitless ? undefined : new Recording();
  }

  /** False when nothing is known of such a request, or there is none left for it; it then has not been touched. */
  repeat(exchange: Exchange): boolean {
    let step = this.#root;
    if (step === undefined || exchange.snapshot !== this.#snapshot?.deref()) return false;
    while (step.kind === "question") {
      const answer = step.look.read(exchange);
      const branch: Branch | undefined = step.branches.get(keyOf(answer));
      if (branch === undefined || !isSame(answer, branch.answer)) return false;
      step = branch.next;
    }
    if (Date.now() >= step.untilMs || step.condition?.() === false) return false;
    this.#recordings = 0;
    for (const effect of step.effects) effect(exchange);
    return true;
  }

  keep(snapshot: Snapshot | undefined, recording: Recording): void {
    if (!recording.isRepeatable) return;
    if (snapshot !== this.#snapshot?.deref()) {
      this.#forget();
      this.#snapshot = snapshot && new WeakRef(snapshot);
    }
    if (this.#bytes > MAX_BYTES) this.#forget();
    if (this.#root === undefined) this.#root = this.#stepsFrom(recording, 0);
    // A plugin that looks elsewhere after the same answers does not go by them alone.
    else if (!this.#add(this.#root, recording)) this.#forget();
  }

  #forget(): void {
    this.#root = undefined;
    this.#bytes = 0;
  }

  /** False when it does not go on from what is known. */
  #add(root: Step, recording: Recording): boolean {
    const { looks, answers } = recording;
    let step = root;
    for (const [at, look] of looks.entries()) {
      if (step.kind !== "question" || step.look.name !== look.name) return false;
      const answer = answers[at];
      const known = step.branches.get(keyOf(answer));
      if (known === undefined || !isSame(answer, known.answer)) {
        this.#branch(step, answer, this.#stepsFrom(recording, at + 1));
        return true;
      }
      step = known.next;
      if (at === looks.length - 1 && step.kind === "outcome") {
        known.next = this.#stepsFrom(recording, looks.length);
        return true;
      }
    }
    if (looks.length > 0 || step.kind === "question") return false;
    this.#root = this.#stepsFrom(recording, 0);
    return true;
  }

  #stepsFrom(recording: Recording, first: number): Step {
    const { looks, answers, condition, effects, bytes, untilMs } = recording;
    this.#bytes += bytes;
    let step: Step = { kind: "outcome", condition, effects, untilMs };
    for (let at = looks.length - 1; at >= first; at--) {
      const look = looks[at] as Look; // There are as many as that.
      const question: Question = { kind: "question", look, branches: new Map() };
      this.#branch(question, answers[at], step);
      step = question;
    }
    return step;
  }

  #branch({ branches }: Question, answer: Answer, next: Step): void {
    const own = typeof answer === "string" ? copyOf(answer) : answer;
    branches.set(keyOf(answer), { answer: own, next });
    this.#bytes += BRANCH_BYTES + (typeof own === "string" ? 2 * own.length : 0);
  }
}

/** Of texts by keyed hash: an answer may be a credential, and the time that a look-up takes must not tell of it (J12). */
function keyOf(answer: Answer): unknown {
  return typeof answer === "string" ? secretHash(answer) : answer;
}

function isSame(given: Answer, kept: Answer): boolean {
  if (typeof given === "string" && typeof kept === "string") return isSameSecret(given, kept);
  return given === kept;
}

/** Engines let a part of a text keep the whole of it, here a request's head, in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
