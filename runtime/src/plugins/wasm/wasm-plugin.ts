// A plugin that runs as WebAssembly: finds the instance for each call, and decides what a fault means for the request.
import type { Phase } from "@sluice/plugin-sdk/abi";
import { GatewayError, RefusedByPlugin, detailOf } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { PluginStats } from "../../status/plugin-stats.ts";
import { ExtismInstance } from "../extism/instance.ts";
import { CONTINUE } from "../plugin.ts";
import type { BodyPiece, Plugin, PluginEntry, SettledVerdict, Verdict } from "../plugin.ts";
import { phaseDecisions } from "./decisions/decisions.ts";
import type { PhaseDecisions } from "./decisions/decisions.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";
import { GuestFault } from "./guest-fault.ts";
import { WasmInstance } from "./instance.ts";
import type { InstanceLimits } from "./instance.ts";
import { InstanceMaker, noInstance } from "./instance-maker.ts";
import type { Instances } from "./instances.ts";
import type { PluginModule } from "./module.ts";
import { EntryRefused, PluginRefused } from "./module.ts";
import { RequestInstances } from "./request-instances.ts";
import { SharedInstances } from "./shared-instances.ts";
import type { RecycleLimits } from "./shared-instances.ts";

export interface WasmPluginOptions {
  readonly services: HostServices;
  readonly stats: PluginStats;
  /** For one call of one phase, ms. */
  readonly callLimitMs: number;
  /** Waits between two attempts to make an instance when one failed, ms. */
  readonly retryDelayMs: number;
  readonly recycle?: Partial<RecycleLimits>;
}

/** What all calls for one phase of a request may use, in the limits of single ones. */
const REQUEST_CALL_LIMITS = 10;

const RECYCLE: RecycleLimits = {
  maxCalls: 10_000_000,
  maxMemoryBytes: 12 * 1024 * 1024,
  idleMs: 600_000,
};

export class WasmPlugin implements Plugin {
  readonly name: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly #entries: readonly PluginEntry[];
  readonly #options: WasmPluginOptions;
  /** By entry. */
  readonly #instances: readonly Instances[];
  /** By entry. */
  readonly #decisions: readonly (PhaseDecisions | undefined)[];

  private constructor(
    module: PluginModule,
    entries: readonly PluginEntry[],
    options: WasmPluginOptions,
    instances: readonly Instances[],
    decisions: readonly (PhaseDecisions | undefined)[],
  ) {
    this.name = module.name;
    this.priority = module.priority;
    this.phases = module.phases;
    this.#entries = entries;
    this.#options = options;
    this.#instances = instances;
    this.#decisions = decisions;
  }

  /** Starts the module with its entries. Throws {@link PluginRefused} or {@link EntryRefused}. */
  static async start(
    module: PluginModule,
    entries: readonly PluginEntry[],
    options: WasmPluginOptions,
  ): Promise<WasmPlugin> {
    const instances: Instances[] = [];
    const decisions = entries.map(({ isolation }) =>
      // Whoever wants a new instance for each request wants nothing of an earlier one.
      isolation === "request" ? undefined : phaseDecisions(),
    );
    try {
      for (const group of groups(entries)) {
        const started = await startInstances(module, { entries, decisions }, group, options);
        for (const index of group) instances[index] = started;
      }
      return new WasmPlugin(module, entries, options, instances, decisions);
    } catch (cause) {
      for (const started of new Set(instances)) started?.close();
      if (cause instanceof EntryRefused) throw cause;
      const detail = detailOf(cause);
      throw new PluginRefused(module.name, detail, cause);
    }
  }

  run(phase: Phase, exchange: Exchange, entry: number, piece?: BodyPiece): Verdict {
    if (this.#decisions[entry]?.[phase]?.repeat(exchange) === true) {
      this.#options.stats.remembered++;
      return CONTINUE;
    }
    return this.#run(phase, exchange, entry, true, piece);
  }

  close(): void {
    for (const instances of new Set(this.#instances)) instances.close();
  }

  #run(
    phase: Phase,
    exchange: Exchange,
    entry: number,
    mayRepeat: boolean,
    piece?: BodyPiece,
  ): Verdict {
    const instances = this.#instances[entry] as Instances; // The chain has no other entries.
    const instance = instances.take(exchange);
    if (instance === undefined) {
      // A body does not wait.
      if (piece !== undefined) {
        const missing = noInstance(this.name, "no instance is left for the body");
        return this.#afterFault(missing, phase, exchange, entry, false);
      }
      const later = this.#runLater(instances, phase, exchange, entry, mayRepeat);
      return { kind: "pending", settled: later };
    }
    const { stats } = this.#options;
    const startedAtMs = performance.now();
    const afterFault = (thrown: unknown): Verdict => {
      if (!isRefusal(thrown)) stats.errors[phase]++;
      const isBroken = !(thrown instanceof GuestFault) || thrown.isBroken;
      if (isBroken) instances.discard(instance);
      return this.#afterFault(thrown, phase, exchange, entry, mayRepeat && isBroken);
    };
    try {
      const verdict = instance.run(phase, exchange, entry, startedAtMs, piece);
      if (verdict.kind !== "pending") return verdict;
      const settled = verdict.settled.catch((thrown: unknown) => settledOf(afterFault(thrown)));
      return { kind: "pending", settled };
    } catch (thrown) {
      return afterFault(thrown);
    } finally {
      stats.calls[phase]++;
      stats.milliseconds[phase] += performance.now() - startedAtMs;
    }
  }

  async #runLater(
    instances: Instances,
    phase: Phase,
    exchange: Exchange,
    entry: number,
    mayRepeat: boolean,
  ): Promise<SettledVerdict> {
    try {
      await instances.ready();
    } catch (error) {
      return settledOf(this.#afterFault(error, phase, exchange, entry, false));
    }
    return settledOf(this.#run(phase, exchange, entry, mayRepeat));
  }

  #afterFault(
    thrown: unknown,
    phase: Phase,
    exchange: Exchange,
    entry: number,
    mayRepeat: boolean,
  ): Verdict {
    // It failed at something that has an answer of its own, such as a body that is too large: no client gets past a
    // plugin by sending one.
    if (thrown instanceof GuestFault && thrown.cause instanceof GatewayError) throw thrown.cause;
    const error =
      thrown instanceof GatewayError
        ? thrown
        : new GatewayError("plugin_failed", `${this.name}, ${phase}: ${detailOf(thrown)}`, thrown);
    switch (this.#entries[entry]?.failStrategy ?? "fail_close") {
      case "fail_open":
        this.#options.services.log.write(this.name, 2, `passed over: ${error.message}`);
        return CONTINUE;
      case "fail_reload":
        // In later phases the client has seen what came of the earlier ones.
        if (mayRepeat && phase === "access") return this.#run(phase, exchange, entry, false);
        throw error;
      case "fail_close":
        throw error;
    }
  }
}

/** The plugin answers a request whose body is on its way. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof GuestFault && thrown.cause instanceof RefusedByPlugin;
}

function settledOf(verdict: Verdict): SettledVerdict | Promise<SettledVerdict> {
  return verdict.kind === "pending" ? verdict.settled : verdict;
}

/** Indices of the entries that share instances. */
function groups(entries: readonly PluginEntry[]): number[][] {
  const shared: number[] = [];
  const all = [shared];
  for (const [index, { isolation }] of entries.entries()) {
    if (isolation === "shared") shared.push(index);
    else all.push([index]);
  }
  return all.filter((group) => group.length > 0);
}

interface Entries {
  readonly entries: readonly PluginEntry[];
  readonly decisions: readonly (PhaseDecisions | undefined)[];
}

async function startInstances(
  module: PluginModule,
  { entries, decisions }: Entries,
  group: readonly number[],
  options: WasmPluginOptions,
): Promise<Instances> {
  const { services, stats, retryDelayMs } = options;
  const own: GuestEntry[] = [];
  const limits: InstanceLimits[] = [];
  const members = group.flatMap((index) => entries[index] ?? []);
  for (const [at, index] of group.entries()) {
    const entry = members[at] as PluginEntry; // As many as the group has.
    own[index] = toGuestEntry(entry);
    limits[index] = limitsOf(entry, options.callLimitMs);
  }
  const onBodyBytes = (count: number): void => {
    stats.bodyBytes += count;
  };
  const onFuel = (units: number): void => {
    stats.fuel += units;
  };
  const maker = new InstanceMaker({
    plugin: module.name,
    log: services.log,
    stats,
    backsOff: members.some(({ failStrategy }) => failStrategy === "fail_reload"),
    retryDelayMs,
    create: (onBroken) => {
      const instanceOptions = { services, limits, decisions, onBodyBytes, onFuel, onBroken };
      return module.isExtism
        ? ExtismInstance.create(module, own, instanceOptions)
        : WasmInstance.create(module, own, instanceOptions);
    },
  });
  const onFault = ({ message }: GuestFault): void => services.log.write(module.name, 3, message);
  const common = { plugin: module.name, maker, onFault };
  if (members[0]?.isolation === "request") return RequestInstances.start(common);
  return SharedInstances.start({ ...common, limits: { ...RECYCLE, ...options.recycle } });
}

function limitsOf({ limits }: PluginEntry, defaultMs: number): InstanceLimits {
  const callMs = limits.callMs ?? defaultMs;
  return { callMs, requestMs: limits.requestMs ?? callMs * REQUEST_CALL_LIMITS };
}

function toGuestEntry(entry: PluginEntry): GuestEntry {
  const strings = new Set<string>();
  const json = JSON.stringify({ id: entry.id, config: entry.config }, (_, value: unknown) => {
    if (typeof value === "string") strings.add(value);
    return value;
  });
  return { id: entry.id, json, strings, grants: entry.grants };
}
