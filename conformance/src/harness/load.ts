// Steady load on a gateway: some connections, each with one request after the other, until told to stop.
import { connect, get } from "./client.ts";
import type { Response } from "./client.ts";

export interface LoadResult {
  readonly responses: readonly Response[];
  /** What went wrong on a connection: anything but a complete response. */
  readonly failures: readonly string[];
}

export class Load {
  readonly #port: number;
  readonly #request: string;
  readonly #responses: Response[] = [];
  readonly #failures: string[] = [];
  readonly #workers: Promise<void>[];
  #isStopping = false;

  /** `request` are the bytes of each; a GET of the path unless they are given. */
  constructor(port: number, path: string, connections: number, request: string = get(path)) {
    this.#port = port;
    this.#request = request;
    this.#workers = Array.from({ length: connections }, () => this.#work());
  }

  get responses(): readonly Response[] {
    return this.#responses;
  }

  async stop(): Promise<LoadResult> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
    return { responses: this.#responses, failures: this.#failures };
  }

  async #work(): Promise<void> {
    const client = await connect(this.#port);
    try {
      while (!this.#isStopping) {
        this.#responses.push(await client.send(this.#request).response());
      }
    } catch (error) {
      this.#failures.push(error instanceof Error ? error.message : String(error));
    } finally {
      client.socket.destroy();
    }
  }
}
