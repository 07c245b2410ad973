// How much there may be in each period, counted by the host; ABI.md has the options.
import * as host from "../src/engine/host";
import { first } from "./text";

/** Of the current entry, in configure: its id, or a Fault. `options` is JSON. */
export function openQuota(options: string): i32 {
  first.utf8(options);
  return host.quota_open(first.pointer, first.length);
}

/** 1 when all limits have so much left, 0 when nothing was taken, or a Fault. */
export function takeFromQuota(request: i32, quota: i32, identifier: string, cost: f64 = 1): i32 {
  first.utf8(identifier);
  return host.quota_take(request, quota, first.pointer, first.length, cost);
}

/** For `fillHeader`. `window` is a period of the quota or "tightest", `what` limit, remaining or reset. */
export function quotaPlaceholder(quota: i32, window: string, what: string): string {
  return `\x01quota.${quota}.${window}.${what}\x01`;
}

/** For `fillHeader`: a random UUID of the request, and a number that no other request of the process has. */
export const UUID: string = "\x01uuid\x01";
export const SERIAL: string = "\x01serial\x01";
