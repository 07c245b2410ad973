// The part of a Kubernetes API server that EndpointSlices need: list, watch with bookmarks, tokens, and 410 for what it has
// forgotten.
import type { ServerResponse } from "node:http";

import { HttpRegistry, sendJson } from "./http-registry.ts";

export interface PodEndpoint {
  readonly ip: string;
  readonly ready: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

const PATH = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";

export class Kubernetes extends HttpRegistry {
  readonly #token: () => string;
  readonly #slices: Map<string, unknown> = new Map();
  readonly #watches: Set<ServerResponse> = new Set();
  #version = 100;
  /** Watches from before it are gone. */
  #oldest = 0;

  constructor(token: () => string) {
    super((request, response) => {
      if (request.headers.authorization !== `Bearer ${this.#token()}`) {
        response.writeHead(401).end();
        return;
      }
      const url = new URL(request.url ?? "/", this.url);
      const selector = url.searchParams.get("labelSelector");
      if (url.pathname !== PATH || selector !== "kubernetes.io/service-name=orders") {
        response.writeHead(404).end();
        return;
      }
      if (url.searchParams.get("watch") === "1") this.#watch(url, response);
      else this.#list(response);
    });
    this.#token = token;
  }

  /** A slice is new, or has changed. */
  set(name: string, port: number, ...endpoints: readonly PodEndpoint[]): void {
    const type = this.#slices.has(name) ? "MODIFIED" : "ADDED";
    const slice = this.#slice(name, port, endpoints);
    this.#slices.set(name, slice);
    this.#send({ type, object: slice });
  }

  remove(name: string): void {
    const slice = this.#slices.get(name);
    this.#slices.delete(name);
    this.#version++;
    this.#send({ type: "DELETED", object: slice });
  }

  /** Gives its version. */
  bookmark(): string {
    const metadata = { resourceVersion: String(++this.#version) };
    this.#send({ type: "BOOKMARK", object: { kind: "EndpointSlice", metadata } });
    return metadata.resourceVersion;
  }

  async untilWatched(): Promise<void> {
    await this.watch.until(() => this.#watches.size > 0 || undefined, "a watch");
  }

  /** What has happened until now is forgotten, as after a compaction: watches end so. */
  forget(): void {
    this.#oldest = this.#version + 1;
    this.#send({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    this.endWatches();
  }

  /** As when their time is over. */
  endWatches(): void {
    for (const response of this.#watches) response.end();
    this.#watches.clear();
  }

  /** Nobody hears of this one. */
  replaceSilently(name: string, port: number, ...endpoints: readonly PodEndpoint[]): void {
    this.#slices.set(name, this.#slice(name, port, endpoints));
  }

  #slice(name: string, port: number, endpoints: readonly PodEndpoint[]): unknown {
    this.#version++;
    return {
      metadata: { name, namespace: "shop", resourceVersion: String(this.#version) },
      addressType: "IPv4",
      ports: [{ name: "http", port, protocol: "TCP" }],
      endpoints: endpoints.map(({ ip, ready, serving = ready, terminating = false }) => ({
        addresses: [ip],
        conditions: { ready, serving, terminating },
      })),
    };
  }

  #list(response: ServerResponse): void {
    sendJson(response, {
      kind: "EndpointSliceList",
      metadata: { resourceVersion: String(this.#version) },
      items: [...this.#slices.values()],
    });
  }

  #watch(url: URL, response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    if (Number(url.searchParams.get("resourceVersion")) < this.#oldest) {
      response.end(`${JSON.stringify({ type: "ERROR", object: { code: 410 } })}\n`);
      return;
    }
    this.#watches.add(response);
    response.on("close", () => this.#watches.delete(response));
  }

  #send(event: unknown): void {
    for (const response of this.#watches) response.write(`${JSON.stringify(event)}\n`);
  }
}
