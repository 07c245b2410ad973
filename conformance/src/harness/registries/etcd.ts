// Debian's etcd, in a process of its own with a folder for its data: it can be killed and started again.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "../deadline.ts";
import { killed } from "../killed.ts";
import { closedPort } from "../upstream.ts";

const START_LIMIT_MS = 20_000;

export class Etcd {
  readonly #folder: string;
  readonly #port: number;
  readonly #peerPort: number;
  #child: ChildProcess | undefined;

  constructor(folder: string, port: number, peerPort: number) {
    this.#folder = folder;
    this.#port = port;
    this.#peerPort = peerPort;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    this.#child = spawn(
      "etcd",
      [
        `--data-dir=${this.#folder}`,
        "--name=one",
        "--log-level=error",
        `--listen-client-urls=${this.url}`,
        `--advertise-client-urls=${this.url}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=one=${peer}`,
        "--unsafe-no-fsync",
        "--heartbeat-interval=20",
        "--election-timeout=200",
      ],
      { stdio: "ignore" },
    );
    await eventually(
      async () => {
        const response = await fetch(`${this.url}/health`).catch(() => undefined);
        return response?.ok === true ? true : undefined;
      },
      "etcd to be healthy",
      START_LIMIT_MS,
    );
  }

  /** As by `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    await killed(child);
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async put(key: string, value: string, lease?: string): Promise<void> {
    const of = { key: base64(key), value: base64(value) };
    await this.#post("/v3/kv/put", lease === undefined ? of : { ...of, lease });
  }

  async delete(key: string): Promise<void> {
    await this.#post("/v3/kv/deleterange", { key: base64(key) });
  }

  /** For so many seconds; gives its id. */
  async grantLease(seconds: number): Promise<string> {
    const { ID } = (await this.#post("/v3/lease/grant", { TTL: String(seconds) })) as {
      ID: string;
    };
    return ID;
  }

  /** Forgets all changes until now. */
  async compact(): Promise<void> {
    const { header } = (await this.#post("/v3/kv/range", { key: base64("a") })) as {
      readonly header: { readonly revision: string };
    };
    await this.#post("/v3/kv/compaction", { revision: header.revision, physical: true });
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

export async function startEtcd(): Promise<Etcd> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-etcd-"));
  const etcd = new Etcd(folder, await closedPort(), await closedPort());
  await etcd.start();
  return etcd;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
