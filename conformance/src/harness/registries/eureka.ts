// Eureka's /eureka/apps/APP in JSON, with the oddities that the conversion from XML left.
import { HttpRegistry, sendJson } from "./http-registry.ts";

export interface EurekaInstance {
  readonly ip: string;
  readonly port: number;
  readonly status: "UP" | "DOWN" | "STARTING" | "OUT_OF_SERVICE";
  readonly weight?: string;
}

export class Eureka extends HttpRegistry {
  #instances: readonly EurekaInstance[] = [];

  constructor() {
    super((request, response) => {
      const { pathname } = new URL(request.url ?? "/", this.url);
      if (pathname !== "/eureka/apps/ORDERS" || this.#instances.length === 0) {
        response.writeHead(404).end();
        return;
      }
      const all = this.#instances.map(({ ip, port, status, weight }) => ({
        instanceId: `${ip}:orders:${port}`,
        hostName: "orders.internal",
        app: "ORDERS",
        ipAddr: ip,
        status,
        overriddenStatus: "UNKNOWN",
        port: { $: port, "@enabled": "true" },
        securePort: { $: 443, "@enabled": "false" },
        metadata: { "@class": "java.util.Collections$EmptyMap", ...(weight && { weight }) },
      }));
      // One alone is no list.
      const instance = all.length === 1 ? all[0] : all;
      sendJson(response, { application: { name: "ORDERS", instance } });
    });
  }

  set(...instances: readonly EurekaInstance[]): void {
    this.#instances = instances;
  }
}
