// One address that an upstream's requests may go to.
import type { TargetState } from "./target-state.ts";

export interface Target {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Host and port in one, the key of its connection pool. */
  readonly address: string;
  /** Share of the requests, 0 to 65535; 0 gets none. */
  readonly weight: number;
  /** 0, when it is left out, is used first; the others as far as too few of those before them may be used. */
  readonly priority?: number;
  /** Host for its requests and probes; undefined when that is its address. */
  readonly authority?: string;
  /** Undefined for one that no upstream has. */
  readonly state?: TargetState;
}

/** IPv6 addresses are connected to without brackets and written with them (RFC 3986 §3.2.2). */
export function targetAt(target: Omit<Target, "address">): Target {
  const host = target.host.replace(/^\[|\]$/g, "");
  const written = host.includes(":") ? `[${host}]` : host;
  return { ...target, host, address: `${written}:${target.port}` };
}
