// A guest in WebAssembly text that makes one host call for each request and keeps its result in the store: which call,
// and in which phase, the request's path and the length of its query say.
//   GET /header_filter?xxxx   makes call 4 in header_filter
//   GET /results, X-Key: h4   answers with what it gave, in X-Result: the number, and what the buffer then held, control characters as `|`
import { guest } from "../harness/wat.ts";
import { FUNCTION_NAMES, parametersOf, resultOf } from "./functions.ts";
import type { FunctionName } from "./functions.ts";

export const PROBE_PHASES = [
  "access",
  "request_body",
  "header_filter",
  "body_filter",
  "log",
] as const;
export type ProbePhase = (typeof PROBE_PHASES)[number] | "configure";

/** What stands for the result NaN. */
export const NOT_A_NUMBER = -2_147_483_648;

/** An argument: a number, the handle of the request, one of a request that has ended, or a config. */
export type Argument = number | "request" | "ended" | "config" | Text | typeof BUFFER;
interface Text {
  readonly text: string;
}

/** Pointer and length of a text. */
export function text(value: string): Text {
  return { text: value };
}

/** Pointer and limit of a buffer of {@link BUFFER_BYTES}. */
export const BUFFER = "buffer";

/** Beyond every memory, and a length that no text has. */
export const WILD_POINTER = 0x7fff_0000;
export const HUGE_LENGTH = 0x7fff_ffff;

export interface HostCall {
  readonly name: FunctionName;
  readonly values: readonly Argument[];
}

const TEXTS_AT = 32_768;
export const BUFFER_AT = 8192;
const BUFFER_BYTES = 4096;
const KEY_AT = 1024;
const VALUE_AT = 2048;
const SHOWN_BYTES = 1000;

export class Probe {
  readonly #calls: HostCall[] = [];
  readonly #texts = new Map<string, number>();
  #textsEnd = TEXTS_AT;

  /** The call's number. */
  add(name: FunctionName, ...values: readonly Argument[]): number {
    this.#calls.push({ name, values });
    return this.#calls.length;
  }

  /** `inConfigure`: numbers of the calls that configure makes, with a request handle of 1. */
  build(name: string, inConfigure: readonly number[]): Uint8Array<ArrayBuffer> {
    const cases = this.#calls.map((call, at) => this.#case(call, at + 1)).join("\n");
    const configure = inConfigure
      .map(
        (number) =>
          `(call $probe (i32.const ${number}) (i32.const 1) (local.get $config) (i32.const 99))`,
      )
      .join("\n");
    return guest({
      name,
      manifest: {
        phases: [...PROBE_PHASES],
        metrics: [{ kind: "counter", name: "probed", help: "Probes.", labels: ["a"] }],
        config: { type: "object" },
      },
      imports: FUNCTION_NAMES.map(importOf).join("\n"),
      body: `
        ${[...this.#texts].map(([value, at]) => dataOf(value, at)).join("\n")}
        ${COMMON}
        (func $case (param $n i32) (param $request i32) (param $config i32) (result i32)
          ${cases}
          (i32.const -99))
        (func (export "sluice_configure") (param $config i32) (result i32)
          ${configure}
          (i32.const 0))
        ${PROBE_PHASES.map(phaseFunction).join("\n")}
        (func (export "sluice_resume") (param i32 i32) (result i32) (i32.const 0))`,
    });
  }

  #case({ name, values }: HostCall, number: number): string {
    const call = `(call $${name} ${this.#argumentsOf(name, values)})`;
    const result = resultOf(name);
    const asNumber =
      result === "i" ? call : result === "f" ? `(call $rounded ${call})` : `${call} (i32.const 0)`;
    return `(if (i32.eq (local.get $n) (i32.const ${number})) (then (return ${
      result === "v" ? `(block (result i32) ${asNumber})` : asNumber
    })))`;
  }

  #argumentsOf(name: FunctionName, values: readonly Argument[]): string {
    const types = parametersOf(name);
    const flat = values.flatMap((value): (number | string)[] => {
      if (value === BUFFER) return [BUFFER_AT, BUFFER_BYTES];
      if (typeof value === "object") {
        return [this.#place(value.text), Buffer.byteLength(value.text, "latin1")];
      }
      if (value === "request") return ["(local.get $request)"];
      if (value === "config") return ["(local.get $config)"];
      return value === "ended" ? ["(global.get $ended)"] : [value];
    });
    if (flat.length !== types.length) {
      throw new Error(`${name} takes ${types.length} values, not ${flat.length}`);
    }
    return flat
      .map((value, at) => (typeof value === "number" ? `(${types[at]}.const ${value})` : value))
      .join(" ");
  }

  #place(value: string): number {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    const at = this.#textsEnd;
    this.#texts.set(value, at);
    this.#textsEnd += value.length;
    return at;
  }
}

function importOf(name: FunctionName): string {
  const parameters = parametersOf(name).join(" ");
  const result = resultOf(name);
  const type = result === "v" ? "" : `(result ${result === "i" ? "i32" : "f64"})`;
  return `(import "extism:host/user" "${name}" (func $${name} (param ${parameters}) ${type}))`;
}

function dataOf(value: string, at: number): string {
  const bytes = [...Buffer.from(value, "latin1")];
  const escaped = bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  return `(data (i32.const ${at}) "${escaped}")`;
}

/** Letters of the keys: the phase's first, but for the one that is taken. */
export function keyOf(phase: ProbePhase, number: number): string {
  return `${phase === "request_body" ? "r" : phase === "configure" ? "c" : phase.charAt(0)}${number}`;
}

function phaseFunction(phase: (typeof PROBE_PHASES)[number]): string {
  const isOfBody = phase === "request_body" || phase === "body_filter";
  const report = phase === "access" ? `(call $report (local.get $request))` : "";
  return `
    (func (export "sluice_${phase}") (param $request i32) (param $config i32)
      ${isOfBody ? "(param $length i32) (param $isLast i32)" : ""} (result i32)
      ${isOfBody ? NO_CHUNK : ""}
      ${report}
      (if (i32.eq (call $property_get (local.get $request) (i32.const 2) (i32.const 0) (i32.const 0))
                  (i32.const ${phase.length + 1}))
        (then (call $probe
          (call $property_get (local.get $request) (i32.const 3) (i32.const 0) (i32.const 0))
          (local.get $request) (local.get $config) (i32.const ${keyOf(phase, 0).charCodeAt(0)}))))
      (global.set $ended (local.get $request))
      (i32.const 0))`;
}

/** The last call may come without a byte. */
const NO_CHUNK = "(if (i32.eqz (local.get $length)) (then (return (i32.const 0))))";

/** Numbers as text, the report, and the probe itself. */
const COMMON = `
  (data (i32.const 16) "x-key") (data (i32.const 32) "x-result")
  (global $ended (mut i32) (i32.const 1))
  (func $rounded (param $value f64) (result i32)
    (if (f64.ne (local.get $value) (local.get $value)) (then (return (i32.const ${NOT_A_NUMBER}))))
    (i32.trunc_sat_f64_s (local.get $value)))
  (func $digits (param $value i32) (param $at i32) (result i32)
    (if (i32.ge_u (local.get $value) (i32.const 10))
      (then (local.set $at
        (call $digits (i32.div_u (local.get $value) (i32.const 10)) (local.get $at)))))
    (i32.store8 (local.get $at)
      (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
    (i32.add (local.get $at) (i32.const 1)))
  (func $number (param $value i32) (param $at i32) (result i32)
    (if (i32.lt_s (local.get $value) (i32.const 0)) (then
      (i32.store8 (local.get $at) (i32.const 45))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $value (i32.sub (i32.const 0) (local.get $value)))))
    (call $digits (local.get $value) (local.get $at)))
  (func $show (param $length i32) (param $end i32) (result i32) (local $at i32) (local $byte i32)
    (loop $next
      (if (i32.and (i32.lt_u (local.get $at) (local.get $length))
                   (i32.lt_u (local.get $at) (i32.const ${SHOWN_BYTES})))
        (then
          (local.set $byte (i32.load8_u offset=${BUFFER_AT} (local.get $at)))
          (i32.store8 (local.get $end)
            (select (i32.const 124) (local.get $byte) (i32.lt_u (local.get $byte) (i32.const 32))))
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.get $end))
  (func $probe (param $n i32) (param $request i32) (param $config i32) (param $letter i32)
    (local $result i32) (local $keyEnd i32) (local $end i32)
    (local.set $result (call $case (local.get $n) (local.get $request) (local.get $config)))
    (i32.store8 (i32.const ${KEY_AT}) (local.get $letter))
    (local.set $keyEnd (call $number (local.get $n) (i32.const ${KEY_AT + 1})))
    (local.set $end (call $number (local.get $result) (i32.const ${VALUE_AT})))
    (i32.store8 (local.get $end) (i32.const 32))
    (local.set $end (i32.add (local.get $end) (i32.const 1)))
    (if (i32.and (i32.gt_s (local.get $result) (i32.const 0))
                 (i32.ne (i32.load8_u (i32.const ${BUFFER_AT})) (i32.const 0)))
      (then (local.set $end (call $show (local.get $result) (local.get $end)))))
    (memory.fill (i32.const ${BUFFER_AT}) (i32.const 0) (i32.const ${BUFFER_BYTES}))
    (drop (call $store_set
      (i32.const ${KEY_AT}) (i32.sub (local.get $keyEnd) (i32.const ${KEY_AT}))
      (i32.const ${VALUE_AT}) (i32.sub (local.get $end) (i32.const ${VALUE_AT})) (f64.const 0))))
  (func $report (param $request i32) (local $length i32)
    (local.set $length (call $field_get (local.get $request) (i32.const 0) (i32.const 16) (i32.const 5)
      (i32.const 0) (i32.const ${KEY_AT}) (i32.const 100)))
    (if (i32.le_s (local.get $length) (i32.const 0)) (then (return)))
    (local.set $length (call $store_get (i32.const ${KEY_AT}) (local.get $length)
      (i32.const ${VALUE_AT}) (i32.const 2000)))
    (if (i32.le_s (local.get $length) (i32.const 0)) (then (return)))
    (drop (call $field_set (local.get $request) (i32.const 1) (i32.const 32) (i32.const 8)
      (i32.const ${VALUE_AT}) (local.get $length) (i32.const 0))))`;
