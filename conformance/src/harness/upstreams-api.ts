// What the status API says of upstreams, and how an operator sets the health of a target.
import { ask, head } from "./client.ts";
import { eventually } from "./deadline.ts";
import type { Gateway } from "./gateway.ts";

export interface UpstreamStatus {
  readonly name: string;
  readonly algorithm: string;
  readonly health: string;
  readonly healthy_weight_percent: number;
  readonly priorities: readonly {
    readonly priority: number;
    readonly load: number;
    readonly is_panic: boolean;
  }[];
  readonly targets: readonly TargetStatus[];
  readonly circuit_breaker?: BreakerStatus;
  readonly routes?: readonly { readonly route: string; readonly circuit_breaker: BreakerStatus }[];
  readonly circuit_breakers?: BoundsStatus;
}

export interface BreakerStatus {
  readonly state: string;
  readonly calls: number;
}

export interface BoundsStatus {
  readonly active_requests: number;
  readonly pending_requests: number;
  readonly limit?: number;
  readonly refused: Readonly<Record<string, number>>;
}

export interface TargetStatus {
  readonly target: string;
  readonly weight: number;
  readonly health: string;
  readonly reason?: string;
  readonly since?: string;
  readonly ejection?: { readonly reason: string };
  readonly slow_start_percent?: number;
  readonly active_tries?: number;
  readonly circuit_breaker?: BreakerStatus;
  readonly unhealthy_workers?: readonly number[];
}

export async function upstreamStatus(gateway: Gateway, name: string): Promise<UpstreamStatus> {
  const found = await find(gateway, name);
  if (found === undefined) throw new Error(`there is no upstream ${name}`);
  return found;
}

async function find(gateway: Gateway, name: string): Promise<UpstreamStatus | undefined> {
  const { data } = (await gateway.status("/upstreams")).json() as {
    readonly data: readonly UpstreamStatus[];
  };
  return data.find((upstream) => upstream.name === name);
}

/** Waits until there is such an upstream and the healths of its targets, in the order of the config, are these. */
export async function untilHealth(
  gateway: Gateway,
  name: string,
  ...healths: readonly string[]
): Promise<UpstreamStatus> {
  let seen = "";
  return eventually(
    async () => {
      const status = await find(gateway, name);
      seen = JSON.stringify(status);
      const all = status?.targets.map(({ health }) => health);
      return all?.join() === healths.join() ? status : undefined;
    },
    () => `${healths.join(", ")} of ${name}; it is ${seen}`,
  );
}

/**
 * Puts circuit breakers into a state: those of an upstream, or that of `NAME/targets/HOST:PORT` or `NAME/routes/NAME`.
 * The status of the admin API's answer.
 */
export async function setCircuitBreaker(
  gateway: Gateway,
  whose: string,
  state: string,
): Promise<number> {
  const [, port] = /admin listening on \S+:(\d+)/.exec(gateway.log) ?? [];
  const body = JSON.stringify({ state });
  const lines = [
    `PUT /upstreams/${whose}/circuit_breaker HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  return (await ask(Number(port), head(...lines) + body)).status;
}

/** The status of the admin API's answer. */
export async function setHealth(
  gateway: Gateway,
  name: string,
  target: string,
  health: "healthy" | "unhealthy",
): Promise<number> {
  const [, url] = /admin listening on (\S+)/.exec(gateway.log) ?? [];
  const path = `/upstreams/${name}/targets/${target}/${health}`;
  return (await fetch(`${url}${path}`, { method: "PUT" })).status;
}
