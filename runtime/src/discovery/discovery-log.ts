// What discovery says in the log: what has changed, and why.
import type { Logger } from "../log.ts";
import type { WatchedName } from "./dns/watched-name.ts";
import type { RegistryName } from "./registries.ts";
import type { DiscoveryState } from "./report.ts";
import type { ListedTarget } from "./source.ts";

/** Of a long list the line has so many. */
const MAX_SHOWN = 10;

export class DiscoveryLog {
  readonly #log: Pick<Logger, "info" | "warn">;

  constructor(log: Pick<Logger, "info" | "warn">) {
    this.#log = log;
  }

  nameNews({ name, addresses, type, error }: WatchedName, what: "changed" | "fault"): void {
    const shown = shortened(addresses.map(({ host }) => host)).join(", ");
    if (what === "changed" && addresses.length > 0) {
      this.#log.info(`${name} stands for ${shown}`, { name, type });
    } else if (what === "changed") {
      this.#log.warn(`${name} has no address any more: ${error}`, { name, error });
    } else if (error === undefined) {
      this.#log.info(`${name} can be looked up again`, { name, type });
    } else {
      const rest = addresses.length > 0 ? `, ${shown} stays in use` : "";
      this.#log.warn(`${name} cannot be looked up${rest}: ${error}`, { name, error });
    }
  }

  targetsChanged(
    { upstream, type }: RegistryName,
    before: readonly ListedTarget[],
    now: readonly ListedTarget[],
  ): void {
    const [old, current] = [new Set(before.map(shown)), new Set(now.map(shown))];
    const added = [...current].filter((each) => !old.has(each)).map((each) => `+${each}`);
    const gone = [...old].filter((each) => !current.has(each)).map((each) => `-${each}`);
    const changes = shortened([...added, ...gone]).join(" ");
    const fields = { upstream, discovery: type, targets: now.length };
    this.#log.info(`targets of ${upstream} by ${type}: ${now.length} (${changes})`, fields);
  }

  stateChanged(
    { upstream, type }: RegistryName,
    state: DiscoveryState,
    error: string | undefined,
  ): void {
    const fields = { upstream, discovery: type, state };
    if (state !== "failing") return this.#log.info(`${type} tells of ${upstream}`, fields);
    const message = `${type} does not tell of ${upstream}, known targets stay: ${error}`;
    this.#log.warn(message, { ...fields, error });
  }
}

function shown({ host, port, weight }: ListedTarget): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port} weight ${weight}`;
}

function shortened(all: readonly string[]): readonly string[] {
  if (all.length <= MAX_SHOWN) return all;
  return [...all.slice(0, MAX_SHOWN), `and ${all.length - MAX_SHOWN} more`];
}
