// What the host functions mean for a decision that is repeated: ABI.md, section "Decisions".
import {
  Fault,
  FieldKind,
  NumberProperty,
  Property,
  REPEATABLE_FUNCTIONS,
  SetMode,
} from "../abi.ts";
import type { HostFunction, RepeatableFunction } from "../abi.ts";
import type { HostCall } from "./host-call.ts";

export interface Reading {
  readonly question: string;
  readonly answer: string;
}

export interface Doing {
  /** `request header x-count`. */
  readonly to: string;
  readonly mode: "replace" | "add";
  readonly value: string;
  /** Others have a say in it, too, so that no gateway does it again by itself. */
  readonly isOfOthers?: boolean;
}

export const REPEATABLE: ReadonlySet<string> = new Set(REPEATABLE_FUNCTIONS);

/** Not repeatable, but they tell the handler nothing by which it could go. */
export const TELLING_NOTHING: ReadonlySet<string> = new Set<HostFunction>([
  "respond",
  "log",
  "log_fields",
  "metric_record",
]);

/** Where the parameters of those stand that read of a request: numbers, pointers of texts, the buffer. */
const READINGS: Partial<Record<RepeatableFunction, readonly (readonly number[])[]>> = {
  field_get: [[1, 4], [2], [5]],
  fields_get: [[1], [2], [4]],
  field_names: [[1], [], [2]],
  property_get: [[1], [], [2]],
  query_get: [[3], [1], [4]],
  consumer_get: [[1], [], [2]],
};

/** "measured": what no two requests have in common. */
export function readingOf(call: HostCall): Reading | "measured" | undefined {
  if (call.name === "number_get") {
    const number = call.number(1);
    if (number >= NumberProperty.requestBytes) return "measured";
    return { question: `number ${number}`, answer: String(call.result) };
  }
  const places = (READINGS as Readonly<Record<string, readonly (readonly number[])[]>>)[call.name];
  // At any other fault the host may not have looked at the parameters.
  if (places === undefined || call.result < Fault.absent) return undefined;
  const [numbers = [], texts = [], [buffer = 0] = []] = places;
  const answer = call.written(buffer);
  const asked = [...numbers.map((at) => call.number(at)), ...texts.map((at) => call.text(at))];
  return { question: `${call.name} ${asked.join(" ")}`, answer };
}

/** What it has done. Placeholders stay as they are: what they stand for differs from request to request. */
export function doingsOf(call: HostCall): readonly Doing[] {
  if (call.result < 0) return [];
  // Only those of REPEATABLE are asked about.
  switch (call.name as RepeatableFunction) {
    case "field_set": {
      const [kind, mode] = [call.number(1), call.number(6)];
      return [{ to: header(kind, call.text(2)), ...change(call, 4, mode) }];
    }
    case "fields_set":
    case "fields_fill":
      return pairsOf(call.text(2)).map(([name, value]) => ({
        to: header(call.number(1), name),
        mode: "replace",
        value: JSON.stringify(value),
      }));
    case "query_set":
      return [{ to: `query argument ${call.text(1)}`, ...change(call, 3, call.number(5)) }];
    case "property_set":
      return [propertyDoing(call.number(1), call.text(2))];
    case "authenticate":
      return [replace("consumer", `${call.number(1)} by credential ${call.number(2)}`)];
    case "authenticate_by":
      return [replace("consumer", `${call.number(1)} by ${JSON.stringify(call.text(2))}`)];
    case "record_append":
      return [{ to: "log record", mode: "add", value: `to ${JSON.stringify(call.text(1))}` }];
    case "quota_take": {
      const value = `${call.number(4)} for ${JSON.stringify(call.text(2))}`;
      return [{ to: `quota ${call.number(1)}`, mode: "add", value }];
    }
    case "field_get":
    case "fields_get":
    case "field_names":
    case "property_get":
    case "number_get":
    case "query_get":
    case "credential_find":
    case "credential_get":
    case "consumer_find":
    case "consumer_find_by":
    case "consumer_get":
    case "remember":
    case "config_get":
    case "digest":
    case "hmac":
    case "bytes_equal":
    case "jwt_verify":
    case "url_parse":
    case "url_set":
    case "now_ms":
    case "deadline_reached":
      return [];
  }
}

function header(kind: number, name: string): string {
  return `${kind === FieldKind.request ? "request" : "response"} header ${name.toLowerCase()}`;
}

/** The value is not read when it is removed: its pointer may be anything. */
function change(call: HostCall, valueAt: number, mode: number): Pick<Doing, "mode" | "value"> {
  if (mode === SetMode.remove) return { mode: "replace", value: "removed" };
  const value = JSON.stringify(call.text(valueAt));
  return { mode: mode === SetMode.add ? "add" : "replace", value };
}

function replace(to: string, value: string): Doing {
  return { to, mode: "replace", value };
}

function propertyDoing(property: number, text: string): Doing {
  const name = Object.entries(Property).find(([, value]) => value === property)?.[0] ?? "property";
  const isOfOthers = property !== Property.method && property !== Property.query;
  return { ...replace(name, JSON.stringify(text)), isOfOthers };
}

/** Each name and value is ended by NUL. */
function pairsOf(text: string): [name: string, value: string][] {
  const parts = text.split("\0").slice(0, -1);
  return Array.from({ length: parts.length / 2 }, (_, at) => [
    parts[2 * at] ?? "",
    parts[2 * at + 1] ?? "",
  ]);
}
