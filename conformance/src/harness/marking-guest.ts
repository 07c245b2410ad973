// A plugin that leaves its mark in every phase, so that one sees which module ran, and in which order.
import { guest } from "./wat.ts";

export interface MarkingParts {
  readonly name: string;
  readonly priority?: number;
  /** What it writes; its name by default. */
  readonly mark?: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Adds its mark to X-Access upstream and to X-Filter downstream, and logs it in the log phase. */
export function markingGuest({
  name,
  priority = 10,
  mark = name,
  manifest = {},
}: MarkingParts): Uint8Array<ArrayBuffer> {
  const add = (kind: number, field: number): string => `
    (drop (call $field_set (local.get 0) (i32.const ${kind})
      (i32.const ${field}) (i32.const 8) (i32.const 64) (i32.const ${mark.length}) (i32.const 1)))
    (i32.const 0)`;
  return guest({
    name,
    manifest: { priority, phases: ["access", "header_filter", "log"], ...manifest },
    imports: `
      (import "extism:host/user" "field_set"
        (func $field_set (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (import "extism:host/user" "log" (func $log (param i32 i32 i32)))`,
    body: `
      (data (i32.const 0) "x-access")
      (data (i32.const 16) "x-filter")
      (data (i32.const 64) "${mark}")
      (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
      (func (export "sluice_access") (param i32 i32) (result i32) ${add(0, 0)})
      (func (export "sluice_header_filter") (param i32 i32) (result i32) ${add(1, 16)})
      (func (export "sluice_log") (param i32 i32) (result i32)
        (call $log (i32.const 2) (i32.const 64) (i32.const ${mark.length})) (i32.const 0))`,
  });
}
