// Plugins and plugin entries for tests.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { PluginConfig, PluginGrants } from "../config/model.ts";
import type { Exchange } from "../exchange.ts";
import { CONTINUE } from "./plugin.ts";
import type { BodyPiece, Plugin, Verdict } from "./plugin.ts";

const WITHOUT_BODIES: readonly Phase[] = ["access", "header_filter", "log"];

export interface PluginParts {
  readonly priority?: number;
  readonly phases?: readonly Phase[];
  readonly run?: (phase: Phase, exchange: Exchange, entry: number, piece?: BodyPiece) => Verdict;
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
    this.phases = new Set(phases ?? WITHOUT_BODIES);
    this.#run = run ?? ((): Verdict => CONTINUE);
  }

  run(phase: Phase, exchange: Exchange, entry: number, piece?: BodyPiece): Verdict {
    this.calls.push(`${phase} ${entry}`);
    return this.#run(phase, exchange, entry, piece);
  }

  close(): void {
    this.isClosed = true;
  }
}

export const NO_GRANTS: PluginGrants = {
  fetch: [],
  privateAddresses: false,
  targets: [],
  store: [],
  secrets: [],
  consumers: false,
};

export function entryOf(name: string, parts: Partial<PluginConfig> = {}): PluginConfig {
  return {
    id: `${name}-entry`,
    name,
    instanceName: undefined,
    enabled: true,
    config: {},
    configWithSecrets: {},
    endpoints: [],
    routeId: undefined,
    serviceId: undefined,
    consumerId: undefined,
    failStrategy: "fail_close",
    isolation: "shared",
    limits: { callMs: undefined, requestMs: undefined, memoryMb: undefined },
    grants: NO_GRANTS,
    ordering: { before: [], after: [] },
    wasm: undefined,
    source: { path: "plugins[0]", line: 1, column: 1 },
    ...parts,
  };
}
