// Host functions on secrets, cryptography, metrics and traces.
import { Fault } from "../../abi.ts";
import { areEqual, digestOf, hmacOf } from "../../crypto/digests.ts";
import { JwtKeyCache } from "../../crypto/jwt-key-cache.ts";
import { signJwt, verifyJwt } from "../../crypto/jwt.ts";
import { changeUrl, parseUrl } from "../../url-parts.ts";
import { isGranted } from "../grants.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const MAX_LABELS_BYTES = 4096;

export function secretFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<"secret_get"> {
  return {
    secret_get: (request, name, nameLength, buffer, limit) => {
      if (request !== 0 && calls.of(request) === undefined) return Fault.badHandle;
      const reference = memory.readUtf8(name, nameLength);
      if (!isGranted(host.grants.secrets, reference)) return Fault.denied;
      return memory.writeUtf8(host.options.secrets?.[reference], buffer, limit);
    },
  };
}

export function cryptoFunctions({
  host,
  memory,
}: GuestContext): HostFunctions<"digest" | "hmac" | "bytes_equal" | "jwt_verify" | "jwt_sign"> {
  const keyCache = new JwtKeyCache();
  const write = (bytes: Uint8Array | undefined, buffer: number, limit: number): number =>
    bytes === undefined ? Fault.badValue : memory.write(bytes, buffer, limit);
  return {
    digest: (algorithm, data, dataLength, buffer, limit) =>
      write(digestOf(algorithm, memory.bytes(data, dataLength)), buffer, limit),

    hmac: (algorithm, key, keyLength, data, dataLength, buffer, limit) => {
      const bytes = memory.bytes(data, dataLength);
      return write(hmacOf(algorithm, memory.bytes(key, keyLength), bytes), buffer, limit);
    },

    bytes_equal: (a, aLength, b, bLength) =>
      areEqual(memory.bytes(a, aLength), memory.bytes(b, bLength)) ? 1 : 0,

    jwt_verify: (token, tokenLength, keys, keysLength, options, optionsLength, buffer, limit) => {
      const input = {
        token: memory.readUtf8(token, tokenLength),
        keys: memory.readUtf8(keys, keysLength),
        options: memory.readUtf8(options, optionsLength),
      };
      const verification = verifyJwt(input, keyCache, host.clock.nowMs);
      return memory.writeUtf8(JSON.stringify(verification), buffer, limit);
    },

    jwt_sign: (claims, claimsLength, key, keyLength, options, optionsLength, buffer, limit) => {
      const input = {
        claims: memory.readUtf8(claims, claimsLength),
        key: memory.readUtf8(key, keyLength),
        options: memory.readUtf8(options, optionsLength),
      };
      return memory.writeUtf8(JSON.stringify(signJwt(input, keyCache)), buffer, limit);
    },
  };
}

export function urlFunctions({ memory }: GuestContext): HostFunctions<"url_parse" | "url_set"> {
  const write = (parts: string | undefined, buffer: number, limit: number): number =>
    parts === undefined ? Fault.badValue : memory.writeUtf8(parts, buffer, limit);
  return {
    url_parse: (text, textLength, base, baseLength, buffer, limit) => {
      const from = baseLength < 0 ? undefined : memory.readUtf8(base, baseLength);
      return write(parseUrl(memory.readUtf8(text, textLength), from), buffer, limit);
    },

    url_set: (url, urlLength, part, value, valueLength, buffer, limit) => {
      const text = memory.readUtf8(value, valueLength);
      return write(changeUrl(memory.readUtf8(url, urlLength), part, text), buffer, limit);
    },
  };
}

export function metricFunctions({ host, memory }: GuestContext): HostFunctions<"metric_record"> {
  return {
    metric_record: (metric, value, labels, labelsLength) => {
      if (labelsLength > MAX_LABELS_BYTES) return Fault.limit;
      const text = memory.readUtf8(labels, labelsLength);
      if (text !== "" && !text.endsWith("\0")) return Fault.badValue;
      return host.metrics.record(metric, value, text.split("\0").slice(0, -1));
    },
  };
}

export function traceFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<"span_start" | "span_set" | "span_end" | "trace_get"> {
  const { clock } = host;
  return {
    span_start: (request, parent, name, nameLength) => {
      const trace = calls.exchangeOf(request)?.trace;
      if (trace === undefined) return Fault.badHandle;
      return trace.start(parent, memory.readUtf8(name, nameLength), clock.nowMs);
    },

    span_set: (request, span, key, keyLength, value, valueLength) => {
      const trace = calls.exchangeOf(request)?.trace;
      if (trace === undefined) return Fault.badHandle;
      const text = memory.readUtf8(value, valueLength);
      return trace.set(span, memory.readUtf8(key, keyLength), text);
    },

    span_end: (request, span, isError) => {
      const trace = calls.exchangeOf(request)?.trace;
      return trace?.end(span, isError === 1, clock.nowMs) ?? Fault.badHandle;
    },

    trace_get: (request, buffer, limit) => {
      const trace = calls.exchangeOf(request)?.trace;
      if (trace === undefined) return Fault.badHandle;
      return memory.writeUtf8(JSON.stringify(trace.record()), buffer, limit);
    },
  };
}
