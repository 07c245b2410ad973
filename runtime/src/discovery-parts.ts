// The discovery of a thread, with what it needs of the rest: a log, a clock, random numbers, and the upstreams that it tells.
import { randomInt } from "node:crypto";
import { Discovery } from "./discovery/discovery.ts";
import type { DnsSettings } from "./discovery/discovery.ts";
import { DiscoveryLog } from "./discovery/discovery-log.ts";
import type { Logger } from "./log.ts";
import { systemClock } from "./upstream/clock.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

const MAX_DNS_ID = 65_536;

export interface ThreadDiscoveryParts {
  readonly dns: DnsSettings;
  readonly upstreams: Upstreams;
  readonly log: Pick<Logger, "info" | "warn">;
}

export function threadDiscovery({ dns, upstreams, log }: ThreadDiscoveryParts): Discovery {
  return new Discovery({
    dns,
    clock: systemClock,
    random: Math.random,
    randomId: () => randomInt(MAX_DNS_ID),
    now: Date.now,
    log: new DiscoveryLog(log),
    setTargets: (upstream, targets) => void upstreams.setTargets(upstream, targets),
  });
}
