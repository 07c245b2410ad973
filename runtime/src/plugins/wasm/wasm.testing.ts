// WebAssembly binaries for tests, written by hand, section by section.
import { unsigned } from "./sections.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const I32 = 0x7f;

/** Section ids of the core specification (§5.5.2). */
export const Id = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  export: 7,
  start: 8,
  code: 10,
  data: 11,
} as const;

export type SectionBytes = readonly number[];

export function section(id: number, body: readonly number[]): SectionBytes {
  return [id, ...unsigned(body.length), ...body];
}

export function binary(...parts: readonly SectionBytes[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...HEADER, ...parts.flat()]);
}

export function text(value: string): number[] {
  const bytes = [...Buffer.from(value)];
  return [...unsigned(bytes.length), ...bytes];
}

export function custom(name: string, content: string | readonly number[]): SectionBytes {
  const bytes = typeof content === "string" ? [...Buffer.from(content)] : content;
  return section(Id.custom, [...text(name), ...bytes]);
}

/** A memory section; without `max` it may grow as far as the engine lets it. */
export function memory(min: number, max?: number): SectionBytes {
  const limits =
    max === undefined ? [0, ...unsigned(min)] : [1, ...unsigned(min), ...unsigned(max)];
  return section(Id.memory, [1, ...limits]);
}

/** Active segments at fixed places. Offsets stay below 64. */
export function data(
  ...segments: readonly { at: number; bytes: readonly number[] }[]
): SectionBytes {
  const body = segments.flatMap(({ at, bytes }) => [
    0,
    0x41,
    at,
    0x0b,
    ...unsigned(bytes.length),
    ...bytes,
  ]);
  return section(Id.data, [...unsigned(segments.length), ...body]);
}

export interface GuestParts {
  /** Names of the functions exported, all `(i32, i32) -> i32` that return 0, but for `results`. */
  readonly functions?: readonly string[];
  /** What single functions return, 0 to 63. */
  readonly results?: Readonly<Record<string, number>>;
  readonly imports?: readonly (readonly [module: string, name: string])[];
  readonly exportsMemory?: boolean;
  readonly memory?: SectionBytes;
  readonly data?: SectionBytes;
  readonly manifest?: string;
}

/** A plugin that the loader takes when nothing is said. */
export function guest(parts: GuestParts = {}): Uint8Array<ArrayBuffer> {
  const functions = parts.functions ?? ["sluice_abi_version", "sluice_configure", "sluice_access"];
  const results: Readonly<Record<string, number>> = { sluice_abi_version: 1, ...parts.results };
  const imports = parts.imports ?? [];
  const exported = functions.map((name, index) => [...text(name), 0, imports.length + index]);
  if (parts.exportsMemory !== false) exported.push([...text("memory"), 2, 0]);
  const bodies = functions.map((name) => [4, 0, 0x41, results[name] ?? 0, 0x0b]);
  return binary(
    section(Id.type, [1, 0x60, 2, I32, I32, 1, I32]),
    ...(imports.length === 0
      ? []
      : [
          section(Id.import, [
            imports.length,
            ...imports.flatMap(([of, name]) => [...text(of), ...text(name), 0, 0]),
          ]),
        ]),
    section(Id.function, [functions.length, ...functions.map(() => 0)]),
    parts.memory ?? memory(1),
    section(Id.export, [exported.length, ...exported.flat()]),
    section(Id.code, [functions.length, ...bodies.flat()]),
    ...(parts.data === undefined ? [] : [parts.data]),
    ...(parts.manifest === undefined ? [] : [custom("sluice", parts.manifest)]),
  );
}
