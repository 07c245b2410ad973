// The rules of one config about tries, ready for requests: a route's own count, else its service's.
import type { GatewayConfig, RouteConfig, TriesConfig } from "../config/model.ts";
import type { DeadlineConfig } from "../config/tries-model.ts";
import type { Service } from "../snapshot.ts";
import type { RouteStats } from "../status/route-stats.ts";
import type { TargetPool } from "../upstream/balancer.ts";
import type { Clock } from "../upstream/clock.ts";
import { DEFAULT_RETRY_BUDGET, RetryBudget } from "./retry-budget.ts";
import { CONNECT_ONLY } from "./try-policy.ts";
import type { TryPolicy } from "./try-policy.ts";

/** Undefined: nothing is said of it. */
export interface TryRules {
  readonly tryPolicy: TryPolicy | undefined;
  readonly deadline: DeadlineConfig | undefined;
  readonly responseHeaderTimeoutMs: number | undefined;
}

const NO_RULES: TryRules = {
  tryPolicy: undefined,
  deadline: undefined,
  responseHeaderTimeoutMs: undefined,
};

export class TryPolicies {
  readonly #upstreams: GatewayConfig["upstreams"];
  readonly #clock: Clock;
  /** One for all routes that lead to the same targets. */
  readonly #budgets = new Map<TargetPool, RetryBudget>();

  constructor(upstreams: GatewayConfig["upstreams"], clock: Clock) {
    this.#upstreams = upstreams;
    this.#clock = clock;
  }

  of(route: RouteConfig, service: Service | undefined, stats: RouteStats): TryRules {
    const own = route.tries;
    const others = service?.config.tries;
    if (service === undefined || (own === undefined && others === undefined)) return NO_RULES;
    const responseHeaderTimeoutMs = own?.responseHeaderTimeoutMs ?? others?.responseHeaderTimeoutMs;
    const deadline = own?.deadline ?? others?.deadline;
    return { tryPolicy: this.#policy(own, service, stats), deadline, responseHeaderTimeoutMs };
  }

  #policy(
    own: TriesConfig | undefined,
    service: Service,
    stats: RouteStats,
  ): TryPolicy | undefined {
    const { tries, retries } = service.config;
    const retry = own?.retryPolicy ?? tries?.retryPolicy;
    const hedge = own?.hedgePolicy ?? tries?.hedgePolicy;
    if (retry === undefined && hedge === undefined) return undefined;
    return {
      retry: retry ?? CONNECT_ONLY,
      numRetries: retry?.numRetries ?? retries,
      hedge,
      budget: this.#budget(service),
      counts: stats.tryCounts(),
    };
  }

  #budget({ balancer, config }: Service): RetryBudget {
    let budget = this.#budgets.get(balancer);
    if (budget === undefined) {
      const upstream = this.#upstreams.find(({ name }) => name === config.host);
      const rules = upstream?.bounds?.retryBudget ?? DEFAULT_RETRY_BUDGET;
      this.#budgets.set(balancer, (budget = new RetryBudget(rules, this.#clock)));
    }
    return budget;
  }
}
