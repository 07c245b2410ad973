// Host functions on header fields.
import { Fault, FieldKind, SetMode } from "../../abi.ts";
import { MAX_FIELDS, refusalOf } from "../fields.ts";
import type { FieldList, FieldPair } from "../fields.ts";
import type { PhaseCall } from "../phase-calls.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

export function fieldFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<
  "field_get" | "fields_get" | "field_names" | "field_set" | "fields_set"
> {
  /** All changes or none. */
  const change = (
    call: PhaseCall,
    kind: number,
    pairs: readonly FieldPair[],
    mode: number,
  ): number => {
    const mayIdentify = kind === FieldKind.request && host.grants.consumers === true;
    const refusal = pairs
      .map(([name, value]) => refusalOf(name, value, mayIdentify))
      .find((each) => each !== 0);
    return refusal ?? applyAll(call, kind, pairs, mode);
  };

  return {
    field_get: (request, kind, name, nameLength, index, buffer, limit) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const values = readable(call, kind)?.all(memory.readLatin1(name, nameLength));
      return memory.writeLatin1(values?.[index], buffer, limit);
    },

    fields_get: (request, kind, name, nameLength, buffer, limit) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const values = readable(call, kind)?.all(memory.readLatin1(name, nameLength)) ?? [];
      const text = values.length === 0 ? undefined : values.join("\0");
      return memory.writeLatin1(text, buffer, limit);
    },

    field_names: (request, kind, buffer, limit) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const names = readable(call, kind)?.names() ?? [];
      return memory.writeLatin1(names.map((name) => `${name}\0`).join(""), buffer, limit);
    },

    field_set: (request, kind, name, nameLength, value, valueLength, mode) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const text = mode === SetMode.remove ? "" : memory.readLatin1(value, valueLength);
      return change(call, kind, [[memory.readLatin1(name, nameLength), text]], mode);
    },

    fields_set: (request, kind, fields, fieldsLength, count) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const parts = memory.readLatin1(fields, fieldsLength).split("\0");
      if (parts.length !== 2 * count + 1 || parts.at(-1) !== "") return Fault.badValue;
      const pairs = Array.from({ length: count }, (_, at): FieldPair => [
        parts[2 * at] ?? "",
        parts[2 * at + 1] ?? "",
      ]);
      return change(call, kind, pairs, SetMode.replace);
    },
  };
}

/** Undefined when there is no response yet. */
function readable({ exchange, phase }: PhaseCall, kind: number): FieldList | undefined {
  if (kind === FieldKind.request) return exchange?.requestFields;
  return phase === "access" || phase === "request_body" ? undefined : exchange?.responseFields;
}

function applyAll(
  call: PhaseCall,
  kind: number,
  pairs: readonly FieldPair[],
  mode: number,
): number {
  const apply = (fields: FieldList): void => {
    for (const [name, value] of pairs) fields.change(name, value, mode);
  };
  const { exchange, phase } = call;
  if (kind !== FieldKind.request && phase === "access") {
    exchange?.responseEdits.push(apply);
    return 0;
  }
  const isOpen = kind === FieldKind.request ? phase === "access" : phase === "header_filter";
  const fields = kind === FieldKind.request ? exchange?.requestFields : exchange?.responseFields;
  if (!isOpen || fields === undefined) return Fault.wrongPhase;
  if (mode !== SetMode.remove && fields.pairs.length + pairs.length > MAX_FIELDS)
    return Fault.limit;
  apply(fields);
  return 0;
}
