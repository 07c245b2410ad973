// How `sluice plugin test` hands over the .wasm files that it has built.

/** JSON of their paths, by the absolute path of their plugin.ts. */
export const BUILT_PLUGINS_VARIABLE = "SLUICE_BUILT_PLUGINS";

export function builtBefore(entry: string): string | undefined {
  const json = process.env[BUILT_PLUGINS_VARIABLE];
  // Written by ../test-runner/run-tests.ts.
  return json === undefined ? undefined : (JSON.parse(json) as Record<string, string>)[entry];
}
