// Start time and memory of the gateway, on each runtime.
import type { InstanceCost } from "./instance.ts";
import { measureInstance } from "./instance.ts";
import type { Lab } from "./lab.ts";
import type { BenchOptions } from "./options.ts";
import type { RuntimeCost } from "./report.ts";
import type { Runtime } from "./sluice.ts";
import { RUNTIMES } from "./sluice.ts";
import type { StartCost } from "./start.ts";
import { measureStart } from "./start.ts";
import { PACKAGES } from "./tools.ts";

export interface Costs {
  readonly runtimes: readonly RuntimeCost[];
  /** What could not be measured, in sentences. */
  readonly missing: readonly string[];
}

export async function measureCosts(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<Costs> {
  const runtimes: RuntimeCost[] = [];
  const missing: string[] = [];
  const attempt = async <T>(what: string, runtime: Runtime, measure: () => Promise<T>) => {
    progress(`${what} on ${runtime}`);
    try {
      if (lab.tools[runtime] === undefined) throw new Error(`needs ${PACKAGES[runtime]}`);
      return await measure();
    } catch (error) {
      // One runtime that fails leaves the other's numbers; the table says absent and why.
      const reason = error instanceof Error ? error.message : String(error);
      missing.push(`${what} on ${runtime}: ${reason}`);
      return undefined;
    }
  };
  const { wantsCase, wantsPeer } = options.selection;
  const wantsStart = wantsCase("start");
  const wantsInstance = wantsCase("instance");
  for (const runtime of RUNTIMES.filter((name) => wantsPeer(`sluice-${name}`))) {
    let start: StartCost | undefined;
    let instance: InstanceCost | undefined;
    if (wantsStart) {
      start = await attempt("start", runtime, () =>
        measureStart(lab, runtime, options.startRepeats),
      );
    }
    if (wantsInstance) {
      const { extraPlugins: extra, memoryRepeats: repeats } = options;
      instance = await attempt("instance", runtime, () =>
        measureInstance(lab, { runtime, extra, repeats }),
      );
    }
    const { startMs, idleRssBytes } = start ?? {};
    if (wantsStart || wantsInstance) runtimes.push({ runtime, startMs, idleRssBytes, instance });
  }
  return { runtimes, missing };
}
