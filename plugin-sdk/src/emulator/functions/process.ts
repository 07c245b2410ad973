// Host functions that belong to no request: config, log, clock, randomness, files and the log record.
import { randomFillSync } from "node:crypto";
import { Fault } from "../../abi.ts";
import type { Exchange } from "../exchange.ts";
import type { LogLine } from "../host-state.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const LEVELS: readonly LogLine["level"][] = ["debug", "info", "warn", "error"];
const MAX_LOG_BYTES = 8192;
const MAX_RANDOM_BYTES = 65_536;

export function processFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<
  | "config_get"
  | "log"
  | "log_fields"
  | "fail"
  | "now_ms"
  | "random_bytes"
  | "random_number"
  | "deadline_reached"
> {
  const { traces, random } = host.options;
  const textOf = (message: number, length: number): string =>
    traces.resolve(memory.readUtf8(message, Math.min(length, MAX_LOG_BYTES)));
  return {
    config_get: (config, buffer, limit) =>
      config === 0 ? memory.writeUtf8(host.configJson, buffer, limit) : Fault.badHandle,

    log: (level, message, length) => {
      host.logs.push({ level: LEVELS[level] ?? "info", message: textOf(message, length) });
      return 0;
    },

    log_fields: (level, message, length, fields, fieldsLength) => {
      const line = { level: LEVELS[level] ?? "info", message: textOf(message, length) };
      host.logs.push({ ...line, fields: fieldsOf(memory.readUtf8(fields, fieldsLength)) });
      return 0;
    },

    fail: (message, length) => {
      calls.failure = textOf(message, length);
      return 0;
    },

    now_ms: () => host.clock.nowMs,

    random_bytes: (buffer, length) => {
      if (length < 0 || length > MAX_RANDOM_BYTES) return Fault.limit;
      randomFillSync(memory.bytes(buffer, length));
      return 0;
    },

    random_number: () => random(),
    deadline_reached: () => (performance.now() > host.deadlineAtMs ? 1 : 0),
  };
}

/** What cannot be logged says so in its place. */
function fieldsOf(json: string): unknown {
  if (json.length > MAX_LOG_BYTES) return { fields_error: `${json.length} bytes are too many` };
  try {
    return JSON.parse(json);
  } catch {
    return { fields_error: "expected a JSON object" };
  }
}

export function recordFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<"record_get" | "record_append" | "file_append"> {
  const append = (path: string, data: string, reopen: number): number => {
    if (!host.configStrings.has(path)) return Fault.denied;
    const file = host.files.get(path) ?? { lines: [], reopened: 0 };
    host.files.set(path, file);
    file.lines.push(...data.split("\n").slice(0, data.endsWith("\n") ? -1 : undefined));
    if (reopen === 1) file.reopened++;
    return 0;
  };
  const loggable = (request: number): Exchange | number => {
    const call = calls.of(request);
    if (call?.exchange === undefined) return Fault.badHandle;
    return call.phase === "log" ? call.exchange : Fault.wrongPhase;
  };
  return {
    record_get: (request, buffer, limit) => {
      const exchange = loggable(request);
      if (typeof exchange === "number") return exchange;
      return memory.writeUtf8(recordOf(exchange), buffer, limit);
    },

    record_append: (request, path, pathLength, reopen) => {
      const exchange = loggable(request);
      if (typeof exchange === "number") return exchange;
      return append(memory.readUtf8(path, pathLength), `${recordOf(exchange)}\n`, reopen);
    },

    file_append: (path, pathLength, data, dataLength, reopen) =>
      append(memory.readUtf8(path, pathLength), memory.readUtf8(data, dataLength), reopen),
  };
}

/** The parts of Kong's log record that a test can know. */
export function recordOf(exchange: Exchange): string {
  const headers = (pairs: Exchange["requestFields"]): Record<string, string> =>
    Object.fromEntries(pairs.names().map((name) => [name, pairs.all(name).join(", ")]));
  const { id, method, path, query, url, consumer } = exchange;
  return JSON.stringify({
    request: {
      id,
      method,
      uri: query === "" ? path : `${path}?${query}`,
      url,
      querystring: Object.fromEntries(new URLSearchParams(query)),
      headers: headers(exchange.requestFields),
      size: exchange.requestBody.length,
    },
    response: {
      status: exchange.status,
      headers: headers(exchange.responseFields),
      size: exchange.responseBody.length,
    },
    ...(consumer && { consumer: { id: consumer.id, username: consumer.username } }),
    client_ip: exchange.clientAddress,
    started_at: Math.floor(exchange.startedAtMs),
  });
}
