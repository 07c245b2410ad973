// Upstreams of a config, each with a service and a route of its own.
import type { Entry } from "./config.ts";

/** Fields of the three entries, besides those that join them. */
export interface PoolFields {
  readonly upstream?: Entry;
  readonly service?: Entry;
  readonly route?: Entry;
}

/** A port, or a target with a priority. */
export type PoolTarget = number | readonly [port: number, priority: number];

export class Pools {
  readonly services: Entry[] = [];
  readonly upstreams: Entry[] = [];

  /** `/name` leads to the upstream `name.upstream`, whose targets are these ports of 127.0.0.1. */
  add(name: string, targets: readonly PoolTarget[], fields: PoolFields = {}): void {
    const { upstream, service, route } = fields;
    this.services.push({
      name,
      host: `${name}.upstream`,
      routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false, ...route }],
      ...service,
    });
    this.upstreams.push({
      name: `${name}.upstream`,
      targets: targets.map(targetEntry),
      ...upstream,
    });
  }
}

function targetEntry(given: PoolTarget): Entry {
  if (typeof given === "number") return { target: `127.0.0.1:${given}` };
  const [port, priority] = given;
  return { target: `127.0.0.1:${port}`, priority };
}
