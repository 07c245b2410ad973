// A case in which wrk loads proxies as fast as they go: what is asked for, of whom, and what is compared.
import type { Lab } from "./lab.ts";
import type { ProxySpec, RunningProxy } from "./proxies.ts";
import type { CaseId } from "./selection.ts";

export interface LoadShape {
  readonly path: string;
  readonly connections: number;
  /** wrk's script, which must print the report of peers/wrk-report.lua. */
  readonly script: string;
}

/** Command prefixes that say which cores serve whom. */
export interface Placement {
  readonly proxyPin: readonly string[];
  readonly loadPin: readonly string[];
  /** CPU time by wall time that a proxy can have; undefined when it is not pinned. */
  readonly proxyCores: number | undefined;
}

export interface LoadCase {
  readonly id: CaseId;
  readonly title: string;
  readonly proxies: readonly ProxySpec[];
  /** What a row's ratio is against, and the id of that row within the case. */
  readonly base: { readonly title: string; rowId(spec: ProxySpec): string };
  /** Whether each turn has a warm-up of its own, and not only the first. */
  readonly warmsUpEachTurn: boolean;
  placement(lab: Lab): Placement;
  load(lab: Lab): LoadShape;
  verify(lab: Lab, proxy: RunningProxy): Promise<string[]>;
}

/** The proxy has one core to itself, upstream and wrk share another. */
export function coreEach(lab: Lab): Placement {
  return {
    proxyPin: lab.proxyPin,
    loadPin: lab.loadPin,
    proxyCores: lab.proxyPin.length > 0 ? 1 : undefined,
  };
}

export const SMALL_GET_CONNECTIONS = 64;

/** The load of the small GET. */
export function smallGet(lab: Lab): LoadShape {
  const script = `${lab.peersDir}/wrk-report.lua`;
  return { path: "/", connections: SMALL_GET_CONNECTIONS, script };
}
