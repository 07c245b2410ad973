// A registry's HTTP server for tests: it can go down with all its connections and come back on the same port.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Watch } from "../deadline.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class HttpRegistry {
  port = 0;
  /** Path, query and credentials of each request. */
  readonly asked: { readonly url: URL; readonly credential: string | undefined }[] = [];
  /** Notified after each request and change. */
  readonly watch: Watch = new Watch();
  readonly #answer: Answer;
  #server: Server | undefined;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const { headers } = request;
      const token = headers["x-consul-token"] ?? headers.authorization;
      this.asked.push({
        url: new URL(request.url ?? "/", this.url),
        credential: typeof token === "string" ? token : undefined,
      });
      this.#answer(request, response);
      this.watch.notify();
    });
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port; // It listens on a port, not on a path.
    this.#server = server;
  }

  /** As by a crash: whoever waits for an answer gets none. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Waits for a request that the check takes, from now on. */
  async nextAsked(check: (url: URL) => boolean, what: string): Promise<URL> {
    const from = this.asked.length;
    return this.watch.until(
      () => this.asked.slice(from).find(({ url }) => check(url))?.url,
      () => `${what}; asked was ${this.asked.map(({ url }) => url.href).join(" ")}`,
    );
  }
}

export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}
