// Is a .wasm, in whatever language it was written, a good plugin? `@sluice/plugin-sdk/conformance`.
import { MANIFEST_SECTION, PHASES, PHASE_EXPORTS } from "../abi.ts";
import type { Manifest } from "../abi.ts";
import { customSections } from "../compiler/wasm-binary.ts";
import { checkConfig } from "../schema/check-config.ts";
import { CONFIGURE_CHECK, behaviourChecks } from "./behaviour-checks.ts";
import { decisionChecks } from "./decision-checks.ts";
import { faultChecks } from "./fault-checks.ts";
import { readManifest } from "./manifest.ts";
import { moduleChecks } from "./module-checks.ts";
import { shapeOf } from "./module-shape.ts";
import type { ModuleShape } from "./module-shape.ts";
import { Broken, outcomeOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { sampleConfig } from "./sample-config.ts";
import type { Subject } from "./subject.ts";

export type { Outcome } from "./outcome.ts";

export interface PluginCheckOptions {
  /** For the plugin's entry, checked by its schema. Default: one that the schema allows. */
  readonly config?: unknown;
}

/**
 * Checks a module against the ABI, check by check, so that a caller can show each while the next one runs. When the
 * module itself is not as it must be, it is not run. A guest in an endless loop never comes back: call it from a
 * process that can be ended.
 */
export async function* checkPlugin(
  wasm: Uint8Array,
  { config }: PluginCheckOptions = {},
): AsyncGenerator<Outcome> {
  let shape: ModuleShape | undefined;
  const first = await outcomeOf({
    name: "module: WebAssembly that compiles",
    run: () => void (shape = compiles(wasm)),
  });
  yield first;
  if (shape === undefined) return;
  let isGood = true;
  for (const check of moduleChecks(wasm, shape)) {
    const outcome = await outcomeOf(check);
    isGood &&= outcome.kind !== "failed";
    yield outcome;
  }
  if (!isGood) return;
  const subject = await subjectOf(wasm, shape, config);
  const imports = shape.imports.map(({ name }) => name.slice(name.indexOf(".") + 1));
  for (const check of [
    ...behaviourChecks(subject),
    ...decisionChecks(subject, imports),
    ...faultChecks(subject, imports),
  ]) {
    const outcome = await outcomeOf(check);
    yield outcome;
    // Without a config that it takes there is nothing else to be tried.
    if (check.name === CONFIGURE_CHECK && outcome.kind === "failed") return;
  }
}

function compiles(wasm: Uint8Array): ModuleShape {
  try {
    new WebAssembly.Module(new Uint8Array(wasm));
    return shapeOf(wasm);
  } catch (thrown) {
    throw new Broken(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

async function subjectOf(wasm: Uint8Array, shape: ModuleShape, config: unknown): Promise<Subject> {
  const found = manifestOf(wasm, shape);
  // In the order in which a request meets them.
  const phases = PHASES.filter((phase) => found.phases.includes(phase));
  const manifest = { ...found, phases };
  const given = config ?? sampleConfig(manifest.config);
  return {
    module: await WebAssembly.compile(new Uint8Array(wasm)),
    manifest,
    config: checkConfig(manifest.config, given).value,
  };
}

/** The manifest, or what the gateway takes for one. */
function manifestOf(wasm: Uint8Array, { exports }: ModuleShape): Manifest {
  const [section] = customSections(wasm, MANIFEST_SECTION);
  if (section !== undefined) return readManifest(section);
  const phases = PHASES.filter((phase) =>
    exports.some(({ name }) => name === PHASE_EXPORTS[phase]),
  );
  return { abi: 1, name: "unnamed", version: "0.0.0", priority: 0, phases, config: {} };
}
