// Runs a bundled plugin in the engine up to the point where it waits for calls, and makes the engine's memory at
// that point the plugin's initial memory. An instance of the result starts where the build stopped.
import {
  CONFIGURE_EXPORT,
  Fault,
  IMPORT_NAMESPACE,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  VERSION_EXPORT,
} from "../abi.ts";
import type { HostFunction, Manifest } from "../abi.ts";
import { changeUrl, parseUrl } from "../url-parts.ts";
import { withManifest } from "./manifest.ts";
import { writeSections } from "./wasm-binary.ts";
import { keepExports, limitMemory, withMemoryImage } from "./wasm-rewrite.ts";

export interface SnapshotInput {
  /** The engine's module. */
  readonly engine: Uint8Array<ArrayBuffer>;
  /** JavaScript that ends by installing the plugin. */
  readonly source: string;
  /** What the plugin may ever use; pages of 64 KiB. */
  readonly maxMemoryPages: number;
}

export interface Snapshot {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly manifest: Manifest;
  /** Memory of a fresh instance; pages of 64 KiB. */
  readonly memoryPages: number;
}

/** The plugin's own code failed while it was evaluated. The message has the error and, in further lines, its stack. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

/** Exports of the engine that are called here (../engine/boot.ts). */
interface EngineExports {
  readonly memory: WebAssembly.Memory;
  engine_start(): number;
  engine_source(length: number): number;
  engine_evaluate(source: number, length: number): number;
  engine_manifest(): number;
  engine_manifest_length(): number;
  engine_finish(manifest: number): void;
}

type HostImports = Record<string, (...values: number[]) => number | void>;

/** Evaluating the module may take this long; there is no reason for a plugin to compute for long while it is built. */
const EVALUATION_LIMIT_MS = 5000;

/** Throws an {@link EvaluationError} when the source throws, or does not install a plugin. */
export function takeSnapshot(input: SnapshotInput): Snapshot {
  const faults: Faults = { failures: [], refusals: [] };
  const engine = startEngine(limitMemory(input.engine, input.maxMemoryPages), faults);
  evaluate(engine, input.source, faults);
  const manifest = readManifest(engine);

  // Those of phases that the plugin does not have, too: then all plugins are one module with different memories, which a
  // gateway compiles once.
  const exports = new Set([
    "memory",
    VERSION_EXPORT,
    CONFIGURE_EXPORT,
    RESUME_EXPORT,
    ...Object.values(PHASE_EXPORTS),
  ]);
  const memory = new Uint8Array(engine.memory.buffer);
  const trimmed = keepExports(input.engine, exports);
  const image = writeSections(withMemoryImage(trimmed, memory, input.maxMemoryPages));
  return { wasm: withManifest(image, manifest), manifest, memoryPages: memory.length / 65_536 };
}

/** What went wrong while the plugin was evaluated. */
interface Faults {
  /** Texts that the engine gave to `fail`. */
  readonly failures: string[];
  /** Host functions that were called and that the build does not have. */
  readonly refusals: string[];
}

function startEngine(engine: Uint8Array<ArrayBuffer>, faults: Faults): EngineExports {
  const module = new WebAssembly.Module(engine);
  const memory = (): ArrayBuffer => exports.memory.buffer;
  const imports = { [IMPORT_NAMESPACE]: buildTimeHost(module, memory, faults) };
  const instance = new WebAssembly.Instance(module, imports);
  // The engine was built by engine-build.ts, which keeps exactly these exports.
  const exports = instance.exports as unknown as EngineExports;
  if (exports.engine_start() !== 0) throw new Error("QuickJS did not start");
  return exports;
}

function evaluate(engine: EngineExports, source: string, { failures, refusals }: Faults): void {
  const bytes = new TextEncoder().encode(source);
  const pointer = engine.engine_source(bytes.length);
  if (pointer === 0) throw new EvaluationError("The plugin's code is too large for its memory");
  new Uint8Array(engine.memory.buffer).set(bytes, pointer);
  const result = engine.engine_evaluate(pointer, bytes.length);
  const failure = failures.at(-1) ?? "The plugin failed";
  const [refused] = refusals;
  if (refused !== undefined) {
    const stack = failure.slice(failure.indexOf("\n"));
    throw new EvaluationError(
      `The gateway (${refused}) is not there while a plugin is built: call it in a handler${stack}`,
    );
  }
  if (result !== 0) throw new EvaluationError(failure);
}

function readManifest(engine: EngineExports): Manifest {
  const pointer = engine.engine_manifest();
  const bytes = new Uint8Array(engine.memory.buffer, pointer, engine.engine_manifest_length());
  // definePlugin made and checked it.
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  engine.engine_finish(pointer);
  return manifest;
}

/**
 * Host functions during the build. What a plugin reads here is frozen into all its instances, so clock and random
 * numbers are always the same, and everything that only a gateway has is refused.
 */
function buildTimeHost(
  module: WebAssembly.Module,
  memory: () => ArrayBuffer,
  { failures, refusals }: Faults,
): HostImports {
  const startedAtMs = performance.now();
  let seed = 1;
  const available: Partial<Record<HostFunction, (...values: number[]) => number | void>> = {
    now_ms: () => 0,
    // Park and Miller's generator: repeatable, and good enough for a build.
    random_number: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647,
    deadline_reached: () => (performance.now() - startedAtMs > EVALUATION_LIMIT_MS ? 1 : 0),
    log: () => {},
    ...urlFunctions(memory),
    fail: (message = 0, length = 0) => {
      failures.push(new TextDecoder().decode(new Uint8Array(memory(), message, length)));
    },
  };
  const host: HostImports = {};
  for (const { name } of WebAssembly.Module.imports(module)) {
    // Names that are not in `available` give undefined.
    host[name] = available[name as HostFunction] ?? (() => (refusals.push(name), Fault.denied));
  }
  return host;
}

/** A URL is the same whoever parses it. */
function urlFunctions(memory: () => ArrayBuffer): HostImports {
  const read = (pointer: number, length: number): string =>
    new TextDecoder().decode(new Uint8Array(memory(), pointer, length));
  const write = (text: string | undefined, buffer: number, limit: number): number => {
    if (text === undefined) return Fault.badValue;
    const bytes = new TextEncoder().encode(text);
    if (bytes.length <= limit) new Uint8Array(memory()).set(bytes, buffer);
    return bytes.length;
  };
  return {
    url_parse: (text = 0, length = 0, base = 0, baseLength = 0, buffer = 0, limit = 0) => {
      const relativeTo = baseLength < 0 ? undefined : read(base, baseLength);
      return write(parseUrl(read(text, length), relativeTo), buffer, limit);
    },
    url_set: (url = 0, length = 0, part = 0, value = 0, valueLength = 0, buffer = 0, limit = 0) =>
      write(changeUrl(read(url, length), part, read(value, valueLength)), buffer, limit),
  };
}
