// Writes the functions of a module anew, with what the plan changes in them.
import type { BranchHints } from "./branch-hints.ts";
import { CallCharge, CallCharges } from "./call-charges.ts";
import { Cursor } from "./cursor.ts";
import type { Output } from "./cursor.ts";
import { EditKind, LoopCheck } from "./function-plan.ts";
import type { CodePlan, FunctionPlan } from "./function-plan.ts";
import {
  HELPERS,
  HELPER_COUNT,
  loopCredit,
  writeCharge,
  writeHelperCall,
  writeHelpers,
  writeLoopCredit,
  writeLoopEnd,
  writeLoopHead,
  writePlainLoopHead,
  writeTurnBack,
  writeTurnBackIf,
} from "./injected-code.ts";
import type { AddedIndexes, LoopCode } from "./injected-code.ts";
import { Op } from "./opcodes.ts";

export interface CodeWriterOptions {
  /** The module that the plan is of. */
  readonly bytes: Uint8Array;
  readonly plan: CodePlan;
  readonly added: AddedIndexes;
  /** Index of the plan's first function. */
  readonly firstIndex: number;
  readonly hints: BranchHints;
  /** The largest function is QuickJS's interpreter, which asks for the deadline by itself: it stays as it is. */
  readonly trustsInterpreter: boolean;
}

export class CodeWriter {
  readonly #out: Output;
  readonly #bytes: Uint8Array;
  readonly #plan: CodePlan;
  readonly #added: AddedIndexes;
  readonly #firstIndex: number;
  readonly #hints: BranchHints;
  readonly #charges: CallCharges;
  /** Index of the function that stays as it is; -1 for none. */
  readonly #trusted: number;

  constructor(out: Output, options: CodeWriterOptions) {
    const { bytes, plan, added, firstIndex, hints } = options;
    this.#out = out;
    this.#bytes = bytes;
    this.#plan = plan;
    this.#added = added;
    this.#firstIndex = firstIndex;
    this.#hints = hints;
    this.#charges = new CallCharges(plan);
    this.#trusted = options.trustsInterpreter ? largestFunction(plan) : -1;
  }

  /** The body of the code section: all functions, and the helpers behind them. */
  write(): void {
    this.#out.u32(this.#plan.functions.length + HELPER_COUNT);
    for (const index of this.#plan.functions.keys()) this.#body(index);
    writeHelpers(this.#out, this.#added);
  }

  #body(index: number): void {
    const { functions, edits } = this.#plan;
    const out = this.#out;
    const added = this.#added;
    const charges = this.#charges;
    const body = functions[index] as FunctionPlan; // The index is one of the plan's.
    const charge = charges.of(index);
    const hasNothing = charge === CallCharge.none && body.firstEdit === body.endEdit;
    if (hasNothing || index === this.#trusted) {
      out.copy(this.#bytes, body.start, body.end);
      return;
    }
    const bodyLength = out.beginLength();
    const isPaid = charge === CallCharge.entry;
    const credit = body.longestTurn === 0 ? 0 : loopCredit(body.longestTurn, isPaid);
    this.#locals(body);
    if (isPaid) writeCharge(out, Math.max(1, body.cost + credit), added);
    if (credit > 0) writeLoopCredit(out, credit, body.locals);
    let at = body.codeStart;
    for (let edit = body.firstEdit; edit < body.endEdit; edit++) {
      out.copy(this.#bytes, at, edits.start(edit));
      at = edits.end(edit);
      if (edits.kind(edit) === EditKind.call) {
        const pays = charge === CallCharge.calls && charges.paysFor(edits.value(edit));
        if (pays) writeCharge(out, Math.max(1, body.cost), added);
        continue;
      }
      this.#edit(edit, body.locals);
    }
    out.copy(this.#bytes, at, body.end);
    out.endLength(bodyLength);
    this.#hints.add(this.#firstIndex + index, bodyLength, out.unlikely);
  }

  #edit(edit: number, counter: number): void {
    const out = this.#out;
    const added = this.#added;
    const { edits } = this.#plan;
    const units = edits.value(edit);
    switch (edits.kind(edit)) {
      case EditKind.loop: {
        const loop = this.#loop(edit, counter);
        if (edits.other(edit) === LoopCheck.head) writeLoopHead(out, loop, added);
        else writePlainLoopHead(out, loop);
        return;
      }
      case EditKind.turn:
      case EditKind.turnIf:
        this.#turn(edit, counter);
        return;
      case EditKind.loopEnd:
        writeLoopEnd(out);
        return;
      case EditKind.label:
        out.u32(units);
        return;
      case EditKind.units:
        writeCharge(out, units, added);
        return;
      case EditKind.bytes:
        writeHelperCall(out, HELPERS.bytes, added);
        return;
      case EditKind.entries:
        writeHelperCall(out, HELPERS.entries, added);
        return;
      case EditKind.clock:
        writeHelperCall(out, HELPERS.clock, added);
        return;
      default:
        writeHelperCall(out, HELPERS.refill, added);
    }
  }

  #turn(edit: number, counter: number): void {
    const out = this.#out;
    const added = this.#added;
    const { edits } = this.#plan;
    const label = edits.value(edit);
    const isConditional = edits.kind(edit) === EditKind.turnIf;
    const loop = edits.other(edit);
    if (edits.other(loop) === LoopCheck.head) {
      out.byte(isConditional ? Op.brIf : Op.br);
      out.u32(label);
      return;
    }
    const code = this.#loop(loop, counter);
    if (isConditional) writeTurnBackIf(out, code, label, added);
    else writeTurnBack(out, code, label, added);
  }

  #loop(edit: number, counter: number): LoopCode {
    const { edits } = this.#plan;
    const head = this.#bytes.subarray(edits.start(edit), edits.end(edit));
    return { units: edits.value(edit), counter, head };
  }

  /** The locals' declaration, with the loops' counter as the last one. */
  #locals({ localsStart, codeStart, longestTurn }: FunctionPlan): void {
    if (longestTurn === 0) {
      this.#out.copy(this.#bytes, localsStart, codeStart);
      return;
    }
    const cursor = new Cursor(this.#bytes, localsStart, codeStart);
    this.#out.u32(cursor.u32() + 1);
    this.#out.copy(this.#bytes, cursor.at, codeStart);
    this.#out.u32(1);
    this.#out.byte(0x7f);
  }
}

function largestFunction({ functions }: CodePlan): number {
  const lengths = functions.map(({ start, end }) => end - start);
  return lengths.indexOf(Math.max(...lengths));
}
