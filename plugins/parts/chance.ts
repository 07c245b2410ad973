// Shares of requests.
import { s } from "@sluice/plugin-sdk";

/** Of 100. */
export const percentage = s.number().min(0).max(100);

/** Whether a request is among so many of 100. `random` gives a number from 0 up to, not including, 1. */
export function happens(percent: number, random: () => number = Math.random): boolean {
  return percent >= 100 || random() * 100 < percent;
}
