// Host functions for a plugin's lines in the gateway's log.
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_MESSAGE_BYTES = 8192;
const MAX_FIELDS_BYTES = 8192;

type Fields = Readonly<Record<string, unknown>>;

export function logFunctions({
  plugin,
  traces,
  memory,
  services,
}: Pick<GatewayFunctionOptions, "plugin" | "traces" | "memory" | "services">): HostFunctions<
  "log" | "log_fields"
> {
  const { log } = services;
  const write = (level: number, message: number, length: number, fields?: Fields): void => {
    const text = memory.readUtf8(message, Math.min(length, MAX_MESSAGE_BYTES));
    log.write(plugin, level, traces.resolve(text), fields);
  };
  return {
    log: (_, level, message, messageLength) => {
      // Before anything is read: what a plugin in a loop says costs as little as can be (W6).
      if (log.takes(plugin, level)) write(level, message, messageLength);
      return 0;
    },

    log_fields: (_, level, message, messageLength, fields, fieldsLength) => {
      if (!log.takes(plugin, level)) return 0;
      const given =
        fieldsLength > MAX_FIELDS_BYTES
          ? { fields_error: `${fieldsLength} bytes, expected at most ${MAX_FIELDS_BYTES}` }
          : fieldsOf(memory.readUtf8(fields, fieldsLength));
      write(level, message, messageLength, given);
      return 0;
    },
  };
}

function fieldsOf(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    // Any object has such a type.
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Fields;
  } catch {
    // As what is no object.
  }
  return { fields_error: "expected a JSON object" };
}
