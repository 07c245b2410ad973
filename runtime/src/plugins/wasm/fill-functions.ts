// The host function that sets header fields with values that the gateway completes (ABI.md, section "Placeholders").
import { Fault, FieldKind, SetMode } from "@sluice/plugin-sdk/abi";
import type { Exchange, ResponseEdit } from "../../exchange.ts";
import type { FieldName } from "../../http1/field-name.ts";
import type { Fields } from "../../http1/fields.ts";
import {
  MAX_FIELDS,
  change,
  changeable,
  fieldPart,
  hasRoom,
  namesPart,
  refusalOfBlock,
} from "./field-functions.ts";
import { filledIn, filledValue, textOf } from "./filled-values.ts";
import type { FilledValue } from "./filled-values.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import { readBlock } from "./header-block.ts";
import type { OpenQuotas } from "./open-quotas.ts";

interface Filling {
  readonly text: string;
  readonly count: number;
  readonly entry: number;
  readonly isIdentifier: boolean;
  readonly names: readonly FieldName[];
  readonly values: readonly FilledValue[];
  /** That the values tell of. */
  readonly quotas: readonly number[];
}

export function fillFunctions(
  { memory, call, entries }: Pick<GatewayFunctionOptions, "memory" | "call" | "entries">,
  quotas: OpenQuotas,
): Record<"fields_fill", (...parameters: number[]) => number> {
  /** Templates are the same in each request. */
  let last: Filling | undefined;

  /** A Fault when one of them may not be set. */
  const read = (
    text: string,
    { count, entry, isIdentifier }: Pick<Filling, "count" | "entry" | "isIdentifier">,
  ): Filling | number => {
    const block = readBlock(text, count, last?.names);
    if (block === undefined) return Fault.badValue;
    const values: FilledValue[] = [];
    for (const template of block.values) {
      const value = filledValue(template, entry, quotas);
      if (value === undefined) return Fault.badValue;
      values.push(value);
    }
    const refusal = refusalOfBlock(block.names, values.map(textOf), isIdentifier);
    if (refusal !== undefined) return refusal;
    const used = [...new Set(values.flatMap((value) => value.quotas))];
    return { text, count, entry, isIdentifier, names: block.names, values, quotas: used };
  };

  return {
    fields_fill: (_, request, kind, fields, fieldsLength, count) => {
      const asking = call.of(request);
      if (asking?.exchange === undefined) return Fault.badHandle;
      if (count > MAX_FIELDS) return Fault.limit;
      const { exchange, phase, entry } = asking;
      const isIdentifier = kind === FieldKind.request && entries[entry]?.grants.consumers === true;
      const text = memory.readLatin1(fields, fieldsLength);
      const isKnown =
        last?.text === text &&
        last.count === count &&
        last.entry === entry &&
        last.isIdentifier === isIdentifier;
      if (!isKnown) {
        const filling = read(text, { count, entry, isIdentifier });
        if (typeof filling === "number") return filling;
        last = filling;
      }
      const { names, values, quotas: used } = last as Filling;
      if (!used.every((id) => quotas.of(entry, id)?.takenBy === request)) return Fault.absent;
      const changed = changeable(exchange, phase, kind);
      if (changed === undefined) return Fault.wrongPhase;
      if (!hasRoom(changed, SetMode.replace, count)) {
        // What others have set decides about it, which no look tells.
        call.spoilRecording();
        return Fault.limit;
      }
      fillAll(changed, exchange, names, values);
      call.recordingOf(request)?.did(
        (like) => {
          const again = changeable(like, phase, kind);
          if (again !== undefined) fillAll(again, like, names, values);
        },
        text,
        ...names.map(({ lower }) => fieldPart(kind, lower)),
        namesPart(kind),
      );
      return 0;
    },
  };
}

function fillAll(
  changed: Fields | ResponseEdit[],
  exchange: Exchange,
  names: readonly FieldName[],
  values: readonly FilledValue[],
): void {
  for (const [at, name] of names.entries()) {
    change(changed, name, filledIn(values[at] as FilledValue, exchange), SetMode.replace);
  }
}
