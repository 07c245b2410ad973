// Host functions on header fields (ABI.md, section "Fields").
import { Fault, FieldKind, SetMode } from "@sluice/plugin-sdk/abi";
import type { Exchange, ResponseEdit } from "../../exchange.ts";
import { VALUE_CHARACTERS, consistsOf } from "../../http1/characters.ts";
import { FieldRole } from "../../http1/field-name.ts";
import type { FieldName } from "../../http1/field-name.ts";
import type { Fields } from "../../http1/fields.ts";
import type { Look } from "./decisions/recording.ts";
import type { CallPhase, GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import { readBlock } from "./header-block.ts";
import type { HeaderBlock } from "./header-block.ts";
import type { GuestEntry } from "./host-services.ts";

/** Fields of one head; a plugin in a loop must not fill the memory. */
export const MAX_FIELDS = 512;
const MAX_VALUE_BYTES = 16_384;

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export function fieldFunctions(
  memory: GuestMemory,
  call: GuestCall,
  entries: readonly GuestEntry[],
): HostFunctions<"field_get" | "fields_get" | "field_names" | "field_set" | "fields_set"> {
  /** Of a response that has not come, all that can be read is that. */
  const isThere = (request: number, kind: number): boolean =>
    kind === FieldKind.request || hasResponse(call.phaseOf(request));

  /** The fields that can be read now; undefined when there is no response yet. */
  const readable = (request: number, exchange: Exchange, kind: number): Fields | undefined => {
    return isThere(request, kind) ? fieldsIn(exchange, kind) : undefined;
  };

  /** Who may name consumers may say more of who the client is, too. */
  const mayIdentify = (request: number): boolean =>
    entries[call.of(request)?.entry ?? -1]?.grants.consumers === true;

  let last: KnownBlock | undefined;

  /** What others have set decides about it, which no look tells. */
  const noRoom = (): number => {
    call.spoilRecording();
    return Fault.limit;
  };

  return {
    field_get: (_, request, kind, name, nameLength, index, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const { lower } = memory.readFieldName(name, nameLength);
      const value = readable(request, exchange, kind)?.get(lower, index);
      if (isThere(request, kind)) {
        call.recordingOf(request)?.saw(fieldLook(kind, lower, index), value);
      }
      return value === undefined ? Fault.absent : memory.writeLatin1(value, buffer, limit);
    },

    fields_get: (_, request, kind, name, nameLength, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const fields = readable(request, exchange, kind);
      const { lower } = memory.readFieldName(name, nameLength);
      const values = fields === undefined ? undefined : allOf(fields, lower);
      if (isThere(request, kind)) {
        call.recordingOf(request)?.saw(fieldsLook(kind, lower), values);
      }
      return values === undefined ? Fault.absent : memory.writeLatin1(values, buffer, limit);
    },

    field_names: (_, request, kind, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const fields = readable(request, exchange, kind);
      const names = fields === undefined ? "" : namesOf(fields);
      if (isThere(request, kind)) call.recordingOf(request)?.saw(namesLook(kind), names);
      return memory.writeLatin1(names, buffer, limit);
    },

    field_set: (_, request, kind, name, nameLength, value, valueLength, mode) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const field = memory.readFieldName(name, nameLength);
      const text = mode === SetMode.remove ? "" : memory.readLatin1(value, valueLength);
      const refusal = refusalOf(field, text, kind === FieldKind.request && mayIdentify(request));
      if (refusal !== undefined) return refusal;
      const phase = call.phaseOf(request);
      const changed = changeable(exchange, phase, kind);
      if (changed === undefined) return Fault.wrongPhase;
      if (!hasRoom(changed, mode, 1)) return noRoom();
      change(changed, field, text, mode);
      call.recordingOf(request)?.did(
        (like) => {
          const again = changeable(like, phase, kind);
          if (again !== undefined) change(again, field, text, mode);
        },
        text,
        fieldPart(kind, field.lower),
        namesPart(kind),
      );
      return 0;
    },

    fields_set: (_, request, kind, fields, fieldsLength, count) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (count > MAX_FIELDS) return Fault.limit;
      const isIdentifier = kind === FieldKind.request && mayIdentify(request);
      const text = memory.readLatin1(fields, fieldsLength);
      // Many plugins set the same headers on each request.
      if (last?.text !== text || last.count !== count || last.isIdentifier !== isIdentifier) {
        const block = readBlock(text, count, last?.names);
        if (block === undefined) return Fault.badValue;
        const refusal = refusalOfBlock(block.names, block.values, isIdentifier);
        if (refusal !== undefined) return refusal;
        last = { ...block, text, count, isIdentifier };
      }
      const { names, values } = last;
      const phase = call.phaseOf(request);
      const changed = changeable(exchange, phase, kind);
      if (changed === undefined) return Fault.wrongPhase;
      if (!hasRoom(changed, SetMode.replace, count)) return noRoom();
      setAll(changed, names, values);
      call.recordingOf(request)?.did(
        (like) => {
          const again = changeable(like, phase, kind);
          if (again !== undefined) setAll(again, names, values);
        },
        text,
        ...names.map(({ lower }) => fieldPart(kind, lower)),
        namesPart(kind),
      );
      return 0;
    },
  };
}

/** With NUL between them. */
function allOf(fields: Fields, lower: string): string | undefined {
  const first = fields.get(lower);
  const isOnly = first === undefined || fields.get(lower, 1) === undefined;
  return isOnly ? first : fields.all(lower).join("\0");
}

function fieldLook(kind: number, lower: string, index: number): Look {
  return {
    name: `field ${kind} ${index} ${lower}`,
    of: fieldPart(kind, lower),
    read: (exchange) => fieldsIn(exchange, kind).get(lower, index),
  };
}

function fieldsLook(kind: number, lower: string): Look {
  return {
    name: `fields ${kind} ${lower}`,
    of: fieldPart(kind, lower),
    read: (exchange) => allOf(fieldsIn(exchange, kind), lower),
  };
}

function namesLook(kind: number): Look {
  return {
    name: `field names ${kind}`,
    of: namesPart(kind),
    read: (exchange) => namesOf(fieldsIn(exchange, kind)),
  };
}

function fieldsIn({ requestFields, responseFields }: Exchange, kind: number): Fields {
  return kind === FieldKind.request ? requestFields : responseFields;
}

export function fieldPart(kind: number, lower: string): string {
  return `field ${kind} ${lower}`;
}

export function namesPart(kind: number): string {
  return `field names ${kind}`;
}

/** Each of them once, ended by NUL. */
function namesOf({ names }: Fields): string {
  const seen = new Set<string>();
  let text = "";
  for (const { lower } of names) {
    if (seen.has(lower)) continue;
    seen.add(lower);
    text += `${lower}\0`;
  }
  return text;
}

/** What was read of a block, which is good for one that may say who the client is, or not. */
interface KnownBlock extends HeaderBlock {
  readonly text: string;
  readonly count: number;
  readonly isIdentifier: boolean;
}

export function refusalOfBlock(
  names: readonly FieldName[],
  values: readonly string[],
  mayIdentify: boolean,
): number | undefined {
  for (const [at, name] of names.entries()) {
    const refusal = refusalOf(name, values[at] as string, mayIdentify);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** While the request is on its way there is none, or one that may not stay. */
function hasResponse(phase: CallPhase | undefined): boolean {
  return phase !== "access" && phase !== "request_body";
}

/** Why a plugin may not set this field, as a Fault. */
export function refusalOf(
  { isToken, role }: FieldName,
  value: string,
  mayIdentify: boolean = false,
): number | undefined {
  if (!isToken) return Fault.badValue;
  const isIdentity = mayIdentify && role === FieldRole.identity;
  if (
    role !== FieldRole.ordinary &&
    role !== FieldRole.requestId &&
    role !== FieldRole.date &&
    !isIdentity
  ) {
    return Fault.denied;
  }
  if (!consistsOf(value, VALUE_CHARACTERS)) return Fault.badValue;
  return value.length > MAX_VALUE_BYTES ? Fault.limit : undefined;
}

/** What the changes of a phase go to: while there is no response yet, they are kept for whatever it will be. */
export function changeable(
  exchange: Exchange,
  phase: CallPhase | undefined,
  kind: number,
): Fields | ResponseEdit[] | undefined {
  if (kind === FieldKind.request) return phase === "access" ? exchange.requestFields : undefined;
  if (phase === "access") return (exchange.responseEdits ??= []);
  return phase === "header_filter" ? exchange.responseFields : undefined;
}

export function setAll(
  changed: Fields | ResponseEdit[],
  names: readonly FieldName[],
  values: readonly string[],
): void {
  for (let at = 0; at < names.length; at++) {
    change(changed, names[at] as FieldName, values[at] as string, SetMode.replace);
  }
}

export function hasRoom(changed: Fields | ResponseEdit[], mode: number, count: number): boolean {
  const isGrowing = mode !== SetMode.remove || Array.isArray(changed);
  return !isGrowing || changed.length + count <= MAX_FIELDS;
}

export function change(
  changed: Fields | ResponseEdit[],
  name: FieldName,
  value: string,
  mode: number,
): void {
  if (Array.isArray(changed)) {
    const kind = mode === SetMode.remove ? "remove" : mode === SetMode.add ? "add" : "set";
    changed.push({ kind, name, value });
  } else if (mode === SetMode.remove) changed.remove(name.lower);
  else if (mode === SetMode.add) changed.push(name, value);
  else changed.replace(name, value);
}
