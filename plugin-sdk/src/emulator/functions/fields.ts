// Host functions on header fields.
import { Fault, FieldKind, SetMode } from "../../abi.ts";
import { MAX_FIELDS, refusalOf } from "../fields.ts";
import type { FieldList, FieldPair } from "../fields.ts";
import type { PhaseCall } from "../phase-calls.ts";
import { literalsOf, Templates } from "../templates.ts";
import type { Template } from "../templates.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

export function fieldFunctions({
  host,
  memory,
  calls,
  quotas,
}: GuestContext): HostFunctions<
  "field_get" | "fields_get" | "field_names" | "field_set" | "fields_set" | "fields_fill"
> {
  const templates = new Templates(quotas, host);

  /** Why one of them may not be set; 0 when all may. */
  const refusalOfAll = (kind: number, pairs: readonly FieldPair[]): number => {
    const mayIdentify = kind === FieldKind.request && host.grants.consumers === true;
    const refusals = pairs.map(([name, value]) => refusalOf(name, value, mayIdentify));
    return refusals.find((each) => each !== 0) ?? 0;
  };

  /** All changes or none. */
  const change = (
    call: PhaseCall,
    kind: number,
    pairs: readonly FieldPair[],
    mode: number,
  ): number => {
    const refusal = refusalOfAll(kind, pairs);
    return refusal === 0 ? applyAll(call, kind, pairs, mode) : refusal;
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
      if (count > MAX_FIELDS) return Fault.limit;
      const pairs = pairsOf(memory.readLatin1(fields, fieldsLength), count);
      return pairs === undefined ? Fault.badValue : change(call, kind, pairs, SetMode.replace);
    },

    fields_fill: (request, kind, fields, fieldsLength, count) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (count > MAX_FIELDS) return Fault.limit;
      const { exchange } = call;
      const filled: [name: string, template: Template][] = [];
      for (const [name, text] of pairsOf(memory.readLatin1(fields, fieldsLength), count) ?? []) {
        const template = templates.read(text);
        if (template === undefined) return Fault.badValue;
        filled.push([name, template]);
      }
      if (filled.length !== count) return Fault.badValue;
      const literals = filled.map(([name, template]): FieldPair => [name, literalsOf(template)]);
      const refusal = refusalOfAll(kind, literals);
      if (refusal !== 0) return refusal;
      if (!filled.every(([, template]) => templates.isTakenFrom(template, call))) {
        return Fault.absent;
      }
      const pairs = filled.map(([name, template]): FieldPair => [
        name,
        templates.fillIn(template, exchange),
      ]);
      return applyAll(call, kind, pairs, SetMode.replace);
    },
  };
}

/** Each name and value is ended by NUL. Undefined when there are more or fewer than `count`. */
function pairsOf(text: string, count: number): FieldPair[] | undefined {
  const parts = text.split("\0");
  if (parts.length !== 2 * count + 1 || parts.at(-1) !== "") return undefined;
  return Array.from({ length: count }, (_, at): FieldPair => [
    parts[2 * at] ?? "",
    parts[2 * at + 1] ?? "",
  ]);
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
