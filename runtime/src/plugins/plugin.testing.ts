// Plugins and plugin entries for tests.
import { PHASES } from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { PluginConfig } from "../config/model.ts";
import type { Exchange } from "../exchange.ts";
import { CONTINUE } from "./plugin.ts";
import type { Plugin, Verdict } from "./plugin.ts";

export interface PluginParts {
  readonly priority?: number;
  readonly phases?: readonly Phase[];
  readonly run?: (phase: Phase, exchange: Exchange, entry: number) => Verdict;
}

/** A plugin that keeps `phase entry` of each call. */
export class RecordingPlugin implements Plugin {
  readonly name: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly calls: string[] = [];
  isClosed = false;
  readonly #run: NonNullable<PluginParts["run"]>;

  constructor(name: string, { priority, phases, run }: PluginParts = {}) {
    this.name = name;
    this.priority = priority ?? 0;
    this.phases = new Set(phases ?? PHASES);
    this.#run = run ?? ((): Verdict => CONTINUE);
  }

  run(phase: Phase, exchange: Exchange, entry: number): Verdict {
    this.calls.push(`${phase} ${entry}`);
    return this.#run(phase, exchange, entry);
  }

  close(): void {
    this.isClosed = true;
  }
}

export function entryOf(name: string, parts: Partial<PluginConfig> = {}): PluginConfig {
  return {
    id: `${name}-entry`,
    name,
    instanceName: undefined,
    enabled: true,
    config: {},
    routeId: undefined,
    serviceId: undefined,
    consumerId: undefined,
    source: { path: "plugins[0]", line: 1, column: 1 },
    ...parts,
  };
}
