// Kong's three time-outs of a collector. A batch is sent as a whole, so together they limit all of it.
import { s } from "@sluice/plugin-sdk";

const MOST_MS = 60_000;
const timeout = s.integer().min(1).max(MOST_MS);

export function timeoutFields(connectTimeoutMs: number) {
  return {
    connect_timeout: timeout.default(connectTimeoutMs).describe("ms."),
    send_timeout: timeout.default(5000).describe("ms."),
    read_timeout: timeout.default(5000).describe("ms."),
  };
}

export interface CollectorTimeouts {
  readonly connect_timeout: number;
  readonly send_timeout: number;
  readonly read_timeout: number;
}

export function sumOfTimeouts(config: CollectorTimeouts): number {
  return Math.min(MOST_MS, config.connect_timeout + config.send_timeout + config.read_timeout);
}
