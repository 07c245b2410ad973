// Host functions on bodies (ABI.md, section "Bodies"): whole ones, and the chunk of a call.
import {
  ContentCoding,
  Fault,
  FieldKind,
  MAX_BODY_BYTES,
  MAX_HOST_STRING_BYTES,
} from "@sluice/plugin-sdk/abi";
import { CODING_LEVELS, mayEncode } from "../../bodies/content-coding.ts";
import type { Coding, ResponseCoding } from "../../bodies/content-coding.ts";
import type { BodyOutcome } from "../../bodies/held-body.ts";
import { isBodyless } from "../../bodies/new-framing.ts";
import { PluginBodies } from "../../bodies/plugin-bodies.ts";
import { GatewayError } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { BodyPhase } from "../plugin.ts";
import type { CallPhase, GuestCall, PhaseCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { PendingCalls } from "./pending-calls.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

/** Of what a plugin puts in the place of one chunk. */
const MAX_NEW_CHUNK_BYTES = MAX_HOST_STRING_BYTES;

export interface BodyFunctionOptions {
  readonly plugin: string;
  readonly memory: GuestMemory;
  readonly call: GuestCall;
  readonly pending: PendingCalls;
  /** Counts what is copied into the guest's memory. */
  readonly onBytes: (count: number) => void;
}

/** What is different for the request's body and for the response's. */
interface Side {
  /** In which all of it can be read and replaced. */
  readonly phase: CallPhase;
  readonly chunkPhase: BodyPhase;
  readonly skippableIn: readonly (CallPhase | undefined)[];
}

const REQUEST: Side = {
  phase: "access",
  chunkPhase: "request_body",
  skippableIn: ["access", "request_body"],
};
const RESPONSE: Side = {
  phase: "header_filter",
  chunkPhase: "body_filter",
  skippableIn: ["access", "header_filter", "body_filter"],
};

export function bodyFunctions({
  plugin,
  memory,
  call,
  pending,
  onBytes,
}: BodyFunctionOptions): HostFunctions<
  "chunk_get" | "chunk_set" | "body_read" | "body_set" | "body_skip" | "response_encode"
> {
  /** Reads all of a body when the guest has returned: reading may end the exchange, or be over at once. */
  const read = (asking: PhaseCall, exchange: Exchange, side: Side, maxBytes: number): number => {
    const id = pending.start({ request: asking.handle, entry: asking.entry });
    if (id < 0) return id;
    const finish = (outcome: BodyOutcome): void => {
      if (outcome.kind === "whole") {
        onBytes(outcome.bytes.length);
        pending.finish(id, outcome.bytes.length, { body: outcome.bytes });
      } else if (outcome.kind === "too_large") {
        asking.failsAs = tooLarge(side, plugin, maxBytes);
        pending.finish(id, Fault.limit);
      } else pending.finish(id, Fault.badHandle);
    };
    const tell = (outcome: BodyOutcome): void => queueMicrotask(() => finish(outcome));
    queueMicrotask(() => {
      if (exchange.isOver) return finish({ kind: "gone" });
      const bodies = PluginBodies.of(exchange);
      if (side === REQUEST) bodies.askRequest(maxBytes, tell);
      else bodies.askResponse(maxBytes, tell);
    });
    return id;
  };

  return {
    chunk_get: (_, request, buffer, limit) => {
      const chunk = call.of(request)?.chunk;
      if (chunk === undefined) return noChunk(call, request);
      if (chunk.length > limit >>> 0) return chunk.length;
      chunk.copy(memory.bytes(buffer, chunk.length));
      onBytes(chunk.length);
      return chunk.length;
    },

    chunk_set: (_, request, data, length) => {
      const current = call.of(request);
      if (current?.chunk === undefined) return noChunk(call, request);
      if (length >>> 0 > MAX_NEW_CHUNK_BYTES) return Fault.limit;
      current.chunk = Buffer.from(memory.bytes(data, length));
      return 0;
    },

    body_read: (_, request, kind, maxBytes) => {
      const asking = call.of(request);
      const exchange = asking?.exchange;
      if (asking === undefined || exchange === undefined) return Fault.badHandle;
      const side = sideOf(kind);
      if (side === undefined) return Fault.badValue;
      if (asking.phase !== side.phase) return Fault.wrongPhase;
      const limit = Math.min(maxBytes >>> 0, MAX_BODY_BYTES);
      if (statedLength(exchange, side) <= limit) return read(asking, exchange, side, limit);
      asking.failsAs = tooLarge(side, plugin, limit);
      return Fault.limit;
    },

    body_set: (_, request, kind, data, length) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const side = sideOf(kind);
      if (side === undefined) return Fault.badValue;
      if (call.phaseOf(request) !== side.phase) return Fault.wrongPhase;
      if (length >>> 0 > MAX_BODY_BYTES) return Fault.limit;
      if (!takesBody(exchange, side)) return Fault.badValue;
      const bytes = Buffer.from(memory.bytes(data, length, MAX_BODY_BYTES));
      const bodies = PluginBodies.of(exchange);
      if (side === REQUEST) bodies.replaceRequest(bytes);
      else bodies.newResponse = bytes;
      return 0;
    },

    body_skip: (_, request, kind) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const side = sideOf(kind);
      if (side === undefined) return Fault.badValue;
      if (!side.skippableIn.includes(call.phaseOf(request))) return Fault.wrongPhase;
      PluginBodies.of(exchange).skip(side.chunkPhase, plugin);
      return 0;
    },

    response_encode: (_, request, coding, level) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const asked = codingOf(coding, level);
      if (asked === undefined) return Fault.badValue;
      if (call.phaseOf(request) !== "header_filter") return Fault.wrongPhase;
      if (!mayEncode(exchange)) return Fault.absent;
      PluginBodies.of(exchange).responseCoding = asked;
      return 0;
    },
  };
}

function sideOf(kind: number): Side | undefined {
  if (kind === FieldKind.request) return REQUEST;
  return kind === FieldKind.response ? RESPONSE : undefined;
}

/** A level of -1 is the usual one. */
function codingOf(number: number, level: number): ResponseCoding | undefined {
  const coding = CODINGS.find((name) => ContentCoding[name] === number);
  if (coding === undefined) return undefined;
  if (level === -1) return { coding, level: undefined };
  const { least, most } = CODING_LEVELS[coding];
  return level >= least && level <= most ? { coding, level } : undefined;
}

const CODINGS: readonly Coding[] = ["gzip", "deflate", "br"];

function noChunk(call: GuestCall, request: number): number {
  return call.exchangeOf(request) === undefined ? Fault.badHandle : Fault.wrongPhase;
}

/** What is known of the body's length before it has come. */
function statedLength(exchange: Exchange, side: Side): number {
  const { bodies, requestFraming, responseFraming } = exchange;
  const isRequest = side === REQUEST;
  const known = isRequest ? bodies?.newRequestLength : bodies?.newResponse?.length;
  const framing = isRequest ? requestFraming : responseFraming;
  return known ?? (framing?.kind === "length" ? framing.length : 0);
}

/** An Upgrade with a body is read in more than one way, and there are responses that have none (RFC 9112 §6.3). */
function takesBody({ upgrade, status }: Exchange, side: Side): boolean {
  return side === REQUEST ? upgrade === undefined : !isBodyless(status);
}

function tooLarge(side: Side, plugin: string, maxBytes: number): GatewayError {
  const code = side === REQUEST ? "request_body_too_large" : "response_body_too_large";
  return new GatewayError(code, `${plugin} takes at most ${maxBytes} bytes`);
}
