// What most case files start with: one gateway, its upstreams, and an end to all of them.
import { after, afterEach, before, beforeEach } from "node:test";

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
  // Whatever a case did to it, the process lives on: else the cases after it only say "connection refused".
  afterEach(() => assertAlive(gateway));
  after(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    assertAlive(gateway);
    await gateway?.stop();
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

function assertAlive(gateway: Gateway | undefined): void {
  if (gateway === undefined || gateway.isRunning) return;
  throw new Error(`the gateway ended (${gateway.ending}):\n${gateway.log.slice(-4_000)}`);
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the gateway is not running");
  return part;
}
