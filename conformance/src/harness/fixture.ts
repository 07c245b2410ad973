// What most case files start with: one gateway, its upstreams, and an end to all of them.
import { after, before, beforeEach } from "node:test";

import { startGateway } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";
import { startUpstream } from "./upstream.ts";
import type { Upstream } from "./upstream.ts";

export interface Fixture {
  readonly gateway: Gateway;
  /** The first upstream. */
  readonly upstream: Upstream;
  readonly upstreams: readonly Upstream[];
}

/**
 * Starts a gateway for the whole file and resets its upstreams before each test. The parts may be read inside
 * tests only.
 */
export function useGateway(
  options: (ports: readonly number[]) => GatewayOptions | Promise<GatewayOptions>,
  upstreamCount: number = 1,
): Fixture {
  let gateway: Gateway | undefined;
  let upstreams: Upstream[] = [];
  before(async () => {
    upstreams = await Promise.all(Array.from({ length: upstreamCount }, () => startUpstream()));
    gateway = await startGateway(await options(upstreams.map((upstream) => upstream.port)));
  });
  beforeEach(() => {
    for (const upstream of upstreams) upstream.reset();
  });
  after(async () => {
    await gateway?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  });
  return {
    get gateway() {
      return started(gateway);
    },
    get upstream() {
      return started(upstreams[0]);
    },
    get upstreams() {
      return upstreams;
    },
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the gateway is not running");
  return part;
}
