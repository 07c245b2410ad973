// Tells an Extism plugin from one of our ABI, and refuses what could not run here.
import { VERSION_EXPORT } from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import { EXTISM_FUNCTIONS, EXTISM_NAMESPACE } from "./environment.ts";

/** Names of the exports for the phases that an Extism plugin can have: functions without parameters. */
export const EXTISM_PHASE_EXPORTS: Readonly<Partial<Record<Phase, string>>> = {
  access: "access",
  header_filter: "header_filter",
  log: "log",
};

/** A module without the ABI's version that exports one of the phases. */
export function isExtismModule(exports: ReadonlyMap<string, string>): boolean {
  if (exports.has(VERSION_EXPORT)) return false;
  return Object.values(EXTISM_PHASE_EXPORTS).some((name) => exports.get(name) === "function");
}

/** Why such a module cannot run, in one line; undefined when it can. */
export function extismFault(
  imports: readonly WebAssembly.ModuleImportDescriptor[],
): string | undefined {
  for (const { module, name, kind } of imports) {
    if (module === EXTISM_NAMESPACE && kind === "function" && EXTISM_FUNCTIONS.has(name)) continue;
    const what = `imports ${module}.${name}`;
    if (module.startsWith("wasi")) return `${what}: there is no WASI here`;
    if (name.startsWith("http_")) return `${what}: Extism plugins have no network here`;
    return `${what}, expected only functions of ${EXTISM_NAMESPACE}`;
  }
  return undefined;
}
