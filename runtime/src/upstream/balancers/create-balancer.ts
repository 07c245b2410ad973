// From the name of an algorithm to the balancer that does it.
import type { UpstreamConfig } from "../../config/upstream-model.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { ConsistentHashing } from "./consistent-hashing.ts";
import { hashKey } from "./hash-key.ts";
import { LowestScore, connectionScore, latencyScore } from "./lowest-score.ts";
import { RandomBalancer } from "./random.ts";
import { RoundRobin } from "./round-robin.ts";

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
  switch (config.algorithm) {
    case "round-robin":
    // Its cookies are above all levels; those without go in turn.
    case "sticky-sessions":
      return new RoundRobin(targets);
    case "least-connections":
      return new LowestScore(targets, connectionScore, random);
    case "latency":
      return new LowestScore(targets, latencyScore, random);
    case "random":
      return new RandomBalancer(targets, random);
    case "consistent-hashing": {
      const { slots } = config;
      return new ConsistentHashing({ targets, key: hashKey(config, newCookieValue), slots });
    }
  }
}
