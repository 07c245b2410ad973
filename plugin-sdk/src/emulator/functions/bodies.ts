// Host functions on bodies: chunk by chunk in their phases, or whole before.
import {
  ContentCoding,
  Fault,
  FieldKind,
  MAX_BODY_BYTES,
  MAX_HOST_STRING_BYTES,
} from "../../abi.ts";
import type { Exchange } from "../exchange.ts";
import type { CallPhase, PhaseCall } from "../phase-calls.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

export function bodyFunctions({
  memory,
  calls,
  pending,
}: GuestContext): HostFunctions<
  "chunk_get" | "chunk_set" | "body_read" | "body_set" | "body_skip" | "response_encode"
> {
  /** The phase in which the whole body can be had, or the fault. */
  const whole = (request: number, kind: number): PhaseCall | number => {
    const call = calls.of(request);
    if (call?.exchange === undefined) return Fault.badHandle;
    if (!isKind(kind)) return Fault.badValue;
    const phase = kind === FieldKind.request ? "access" : "header_filter";
    return call.phase === phase ? call : Fault.wrongPhase;
  };

  return {
    chunk_get: (request, buffer, limit) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      return isBodyPhase(call)
        ? memory.write(call.exchange.chunk, buffer, limit)
        : Fault.wrongPhase;
    },

    chunk_set: (request, data, length) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (!isBodyPhase(call)) return Fault.wrongPhase;
      if (length >>> 0 > MAX_HOST_STRING_BYTES) return Fault.limit;
      call.exchange.chunk = Uint8Array.from(memory.bytes(data, length));
      return 0;
    },

    body_read: (request, kind, maxBytes) => {
      const call = whole(request, kind);
      if (typeof call === "number") return call;
      const body = bodyOf(call, kind);
      // As for a body whose length the head states.
      if (body.length > Math.min(maxBytes >>> 0, MAX_BODY_BYTES)) {
        if (call.exchange) call.exchange.tooLongBody = kind;
        return Fault.limit;
      }
      const id = pending.start();
      if (id > 0) pending.finishLater(id, () => [body.length, "", body]);
      return id;
    },

    body_set: (request, kind, data, length) => {
      const call = whole(request, kind);
      if (typeof call === "number") return call;
      if (length >>> 0 > MAX_BODY_BYTES) return Fault.limit;
      const hasNone = call.exchange?.status === 204 || call.exchange?.status === 304;
      if (kind === FieldKind.response && hasNone) return Fault.badValue;
      const bytes = Uint8Array.from(memory.bodyBytes(data, length));
      if (kind === FieldKind.request && call.exchange) call.exchange.requestBody = bytes;
      else if (call.exchange) call.exchange.responseBody = bytes;
      return 0;
    },

    body_skip: (request, kind) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (!isKind(kind)) return Fault.badValue;
      if (!SKIPPABLE_IN[kind].includes(call.phase)) return Fault.wrongPhase;
      call.exchange.skippedBodies.add(kind);
      return 0;
    },

    response_encode: (request, coding, level) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const name = codingName(coding, level);
      if (name === undefined) return Fault.badValue;
      if (call.phase !== "header_filter") return Fault.wrongPhase;
      if (!mayEncode(call.exchange)) return Fault.absent;
      call.exchange.coding = name;
      return 0;
    },
  };
}

/** By the ABI's FieldKind. */
const SKIPPABLE_IN: readonly [request: readonly CallPhase[], response: readonly CallPhase[]] = [
  ["access", "request_body"],
  ["access", "header_filter", "body_filter"],
];

const GREATEST_LEVELS = { gzip: 9, deflate: 9, br: 11 } as const;

function codingName(number: number, level: number): keyof typeof ContentCoding | undefined {
  for (const name of ["gzip", "deflate", "br"] as const) {
    if (ContentCoding[name] !== number) continue;
    const least = name === "br" ? 0 : 1;
    return level === -1 || (level >= least && level <= GREATEST_LEVELS[name]) ? name : undefined;
  }
  return undefined;
}

function mayEncode({ method, status, responseFields }: Exchange): boolean {
  if (method === "HEAD" || [204, 206, 304].includes(status)) return false;
  const isFixed = responseFields
    .all("cache-control")
    .some((value) => /(?:^|[,\s])no-transform(?:$|[,\s])/i.test(value));
  return !isFixed && responseFields.all("content-encoding").length === 0;
}

function isKind(kind: number): kind is 0 | 1 {
  return kind === FieldKind.request || kind === FieldKind.response;
}

function isBodyPhase({ phase }: PhaseCall): boolean {
  return phase === "request_body" || phase === "body_filter";
}

function bodyOf({ exchange }: PhaseCall, kind: number): Uint8Array {
  const body = kind === FieldKind.request ? exchange?.requestBody : exchange?.responseBody;
  return body ?? new Uint8Array(0);
}
