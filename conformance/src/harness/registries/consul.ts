// Consul's health API with its blocking queries, after its documentation: an index that grows, and requests that wait for it.
import { HttpRegistry, sendJson } from "./http-registry.ts";

export interface ConsulInstance {
  readonly node: string;
  /** Empty: the node's. */
  readonly address?: string;
  readonly port: number;
  readonly weight?: number;
  readonly isCritical?: boolean;
}

export class Consul extends HttpRegistry {
  #index = 10;
  #instances: readonly ConsulInstance[] = [];

  constructor() {
    super((request, response) => {
      const url = new URL(request.url ?? "/", this.url);
      if (url.pathname !== "/v1/health/service/orders") {
        response.writeHead(404).end();
        return;
      }
      const known = Number(url.searchParams.get("index") ?? 0);
      const answer = (): void => {
        const headers = { "X-Consul-Index": String(this.#index) };
        sendJson(response, this.#body(url.searchParams.has("passing")), headers);
      };
      if (known < this.#index) return answer();
      const wait = Number.parseInt(url.searchParams.get("wait") ?? "300000", 10);
      const over = (): boolean | undefined => known < this.#index || undefined;
      // At the end of the wait it answers the same again.
      void this.watch.until(over, "a change", wait).then(answer, answer);
    });
  }

  set(...instances: readonly ConsulInstance[]): void {
    this.#instances = instances;
    this.#index++;
    this.watch.notify();
  }

  /** As after the loss of its state: the index begins again. */
  resetIndex(): void {
    this.#index = 1;
  }

  #body(isPassing: boolean): unknown {
    return this.#instances
      .filter(({ isCritical }) => !isPassing || isCritical !== true)
      .map(({ node, address = "", port, weight = 1, isCritical }) => ({
        Node: { ID: "n", Node: "node-1", Address: node, Datacenter: "dc1" },
        Service: {
          ID: `orders-${port}`,
          Service: "orders",
          Tags: [],
          Address: address,
          Port: port,
          Weights: { Passing: weight, Warning: 1 },
        },
        Checks: [{ CheckID: "c", Status: isCritical === true ? "critical" : "passing" }],
      }));
  }
}
