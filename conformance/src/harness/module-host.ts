// A web server that has .wasm files, as an operator's artifact store would.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

type Answer = (response: ServerResponse) => void;

export class ModuleHost {
  /** Answers by path, whatever the query; anything else is 404. */
  readonly answers: Map<string, Answer> = new Map();
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  #server: Server | undefined;
  #port = 0;

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  url(path: string): string {
    return `${this.origin}${path}`;
  }

  /** Puts a file there and gives its url. */
  put(path: string, bytes: Uint8Array): string {
    this.answers.set(path, (response) => response.end(bytes));
    return this.url(path);
  }

  /** On the port that it had before, if it had one. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      this.asked.push(path);
      const answer = this.answers.get(path);
      if (answer === undefined) response.writeHead(404).end();
      else answer(response);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port; // Not a pipe: it listens on a port.
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** One that runs until the file's tests are over. */
export async function useModuleHost(): Promise<ModuleHost> {
  const host = new ModuleHost();
  await host.start();
  after(() => host.stop());
  return host;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
