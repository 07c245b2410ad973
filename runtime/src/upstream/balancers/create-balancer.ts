// From the name of an algorithm to the balancer that does it.
import type { UpstreamConfig } from "../../config/upstream-model.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { ConsistentHashing } from "./consistent-hashing.ts";
import { hashKey } from "./hash-key.ts";
import { LowestScore, connectionScore, latencyScore } from "./lowest-score.ts";
import { RandomBalancer } from "./random.ts";
import { RoundRobin } from "./round-robin.ts";
import { StickySessions } from "./sticky-sessions.ts";

export interface BalancerParts {
  readonly random: Random;
  /** For a client that has no cookie yet; nobody can guess it. */
  readonly newCookieValue: () => string;
}

/** `targets`: all that have a weight, whether they may be used or not. */
export function createBalancer(
  config: UpstreamConfig,
  targets: readonly Target[],
  { random, newCookieValue }: BalancerParts,
): Balancer {
  const { slots } = config;
  switch (config.algorithm) {
    case "round-robin":
      return new RoundRobin(slots);
    case "least-connections":
      return new LowestScore(connectionScore, random);
    case "latency":
      return new LowestScore(latencyScore, random);
    case "random":
      return new RandomBalancer(random);
    case "consistent-hashing":
      return new ConsistentHashing({ targets, key: hashKey(config, newCookieValue), slots });
    case "sticky-sessions":
      return config.stickyCookie === undefined
        ? new RoundRobin(slots)
        : new StickySessions(config.stickyCookie, slots);
  }
}
