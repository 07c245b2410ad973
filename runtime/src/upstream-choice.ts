// Where a plugin sends a request, instead of where the service says.
import { SingleTarget } from "./upstream/balancer.ts";
import type { TargetPool } from "./upstream/balancer.ts";
import { targetAt } from "./upstream/target.ts";

export interface UpstreamChoice {
  /** Of an upstream of the config; undefined for a target that the plugin named. */
  readonly name: string | undefined;
  /** `host:port` that the plugin named. */
  readonly target: string | undefined;
  readonly balancer: TargetPool;
  /** Host for the upstream, or undefined for the target's own. */
  readonly hostHeader: string | undefined;
}

const HOST_AND_PORT = /^([^:\s/?#@[\]]+|\[[0-9a-f:.]+\]):([1-9]\d{0,4})$/;

/** A target of `host:port`, in lower case. Undefined for what is none. */
export function chosenTarget(text: string): UpstreamChoice | undefined {
  const [, host, digits] = HOST_AND_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  const target = targetAt({ id: text, host, port, weight: 100 });
  return {
    name: undefined,
    target: text,
    balancer: new SingleTarget(target),
    hostHeader: undefined,
  };
}
