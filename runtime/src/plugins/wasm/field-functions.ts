// Host functions on header fields (ABI.md, section "Fields").
import { Fault, FieldKind, SetMode } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../exchange.ts";
import { VALUE_CHARACTERS, consistsOf } from "../../http1/characters.ts";
import { FieldRole } from "../../http1/field-name.ts";
import type { FieldName } from "../../http1/field-name.ts";
import type { Fields } from "../../http1/fields.ts";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";

/** Fields of one head; a plugin in a loop must not fill the memory. */
const MAX_FIELDS = 512;
const MAX_VALUE_BYTES = 16_384;

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export function fieldFunctions(
  memory: GuestMemory,
  call: GuestCall,
): HostFunctions<"field_get" | "field_names" | "field_set"> {
  /** The fields that can be read now; undefined when there is no response yet. */
  const readable = (exchange: Exchange, kind: number): Fields | undefined => {
    if (kind === FieldKind.request) return exchange.requestFields;
    return call.phase === "access" ? undefined : exchange.responseFields;
  };

  return {
    field_get: (_, request, kind, name, nameLength, index, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const { lower } = memory.readFieldName(name, nameLength);
      const value = readable(exchange, kind)?.get(lower, index);
      return value === undefined ? Fault.absent : memory.writeLatin1(value, buffer, limit);
    },

    field_names: (_, request, kind, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const names = new Set(readable(exchange, kind)?.names.map((name) => name.lower));
      return memory.writeLatin1([...names].map((name) => `${name}\0`).join(""), buffer, limit);
    },

    field_set: (_, request, kind, name, nameLength, value, valueLength, mode) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const field = memory.readFieldName(name, nameLength);
      if (!field.isToken) return Fault.badValue;
      const role = field.role;
      if (role !== FieldRole.ordinary && role !== FieldRole.requestId && role !== FieldRole.date) {
        return Fault.denied;
      }
      const text = mode === SetMode.remove ? "" : memory.readLatin1(value, valueLength);
      if (!consistsOf(text, VALUE_CHARACTERS)) return Fault.badValue;
      if (text.length > MAX_VALUE_BYTES) return Fault.limit;
      if (kind === FieldKind.request) {
        if (call.phase !== "access") return Fault.wrongPhase;
        return change(exchange.requestFields, field, text, mode);
      }
      if (call.phase === "header_filter") {
        return change(exchange.responseFields, field, text, mode);
      }
      return call.phase === "access" ? edit(exchange, field, text, mode) : Fault.wrongPhase;
    },
  };
}

function change(fields: Fields, name: FieldName, value: string, mode: number): number {
  if (mode !== SetMode.remove && fields.length >= MAX_FIELDS) return Fault.limit;
  if (mode === SetMode.remove) fields.remove(name.lower);
  else if (mode === SetMode.add) fields.push(name, value);
  else fields.replace(name, value);
  return 0;
}

/** There is no response yet: the change is kept for whatever response the client will get. */
function edit(exchange: Exchange, name: FieldName, value: string, mode: number): number {
  const edits = (exchange.responseEdits ??= []);
  if (edits.length >= MAX_FIELDS) return Fault.limit;
  const kind = mode === SetMode.remove ? "remove" : mode === SetMode.add ? "add" : "set";
  edits.push({ kind, name, value });
  return 0;
}
