// A guest's side of host functions for tests: texts go into a real memory, and results come out of it.
import { JwtKeyCache } from "@sluice/plugin-sdk/crypto";
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import { StackTraces } from "@sluice/plugin-sdk/stack-traces";
import type { PluginGrants } from "../../config/model.ts";
import { EnvironmentVault } from "../../secrets/vault.ts";
import { PluginMetrics } from "../../status/plugin-metrics.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { NO_GRANTS } from "../plugin.testing.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import { GuestCall } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry, HostServices, LimitedPluginLog } from "./host-services.ts";

/** Where results are written: the last page. */
const RESULT = 3 * 65_536;
const RESULT_BYTES = 65_536;

export interface TestGuestParts {
  readonly plugin?: string;
  /** Of its one entry. */
  readonly grants?: Partial<PluginGrants>;
  readonly metrics?: readonly MetricDefinition[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly services?: Partial<HostServices>;
}

export class TestGuest {
  readonly call: GuestCall = new GuestCall();
  readonly options: GatewayFunctionOptions;
  /** Lines of its log. */
  readonly lines: unknown[][] = [];
  readonly #bytes: Buffer;
  #next = 64;

  constructor(parts: TestGuestParts = {}) {
    const linear = new WebAssembly.Memory({ initial: 4 });
    const memory = new GuestMemory();
    memory.attach(linear);
    this.#bytes = Buffer.from(linear.buffer);
    const entry: GuestEntry = {
      id: "entry",
      json: "{}",
      strings: new Set(),
      grants: { ...NO_GRANTS, ...parts.grants },
    };
    const log: LimitedPluginLog = {
      write: (...line) => void this.lines.push(line),
      takes: () => true,
    };
    this.options = {
      plugin: parts.plugin ?? "test",
      traces: new StackTraces(undefined),
      memory,
      call: this.call,
      entries: [entry],
      metrics: parts.metrics ?? [],
      // What is missing belongs to functions that these tests do not call.
      services: {
        store: new MemoryStore({ maxEntries: 100, maxCharacters: 1e6, now: () => 0 }),
        secrets: new EnvironmentVault(parts.environment ?? {}),
        jwtKeys: new JwtKeyCache(),
        metrics: new PluginMetrics(() => []),
        log,
        ...parts.services,
      } as HostServices,
    };
  }

  /** Puts a text into the memory: its place and its length. */
  text(value: string | Uint8Array): [pointer: number, length: number] {
    const bytes = Buffer.from(value);
    const at = this.#next;
    this.#next += bytes.length;
    bytes.copy(this.#bytes, at);
    return [at, bytes.length];
  }

  /** Where a result goes, as the last two arguments. */
  get result(): [buffer: number, limit: number] {
    this.#next = 64;
    return [RESULT, RESULT_BYTES];
  }

  /** The text of a result of that length, or the fault. */
  read(length: number): string | number {
    return length < 0 ? length : this.#bytes.toString("utf8", RESULT, RESULT + length);
  }
}
