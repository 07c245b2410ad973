// A real gateway process: started from the checkout's sources, driven by files, signals and sockets alone.
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ask, get } from "./client.ts";
import type { Response } from "./client.ts";
import { Watch } from "./deadline.ts";
import { spawnProgram } from "./runtime.ts";

export interface GatewayOptions {
  /** YAML text, or an object that is written as JSON (which is YAML). */
  readonly config: string | object;
  /** Files in the plugins folder: name without `.wasm` to bytes. */
  readonly plugins?: Readonly<Record<string, Uint8Array>>;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Limit on its open files, as by `ulimit -n`. */
  readonly openFiles?: number;
}

const START_LIMIT_MS = 30_000;

export class Gateway {
  readonly folder: string;
  readonly configPath: string;
  readonly pluginsFolder: string;
  readonly process: ChildProcess;
  readonly #watch: Watch = new Watch();
  readonly #exit: Promise<number | null>;
  #log = "";
  #exitCode: number | null | undefined;
  proxyPort = 0;
  statusPort = 0;

  constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.configPath = join(folder, "gateway.yaml");
    this.pluginsFolder = join(folder, "plugins");
    this.process = child;
    const record = (text: string): void => {
      this.#log += text;
      this.#watch.notify();
    };
    child.stdout?.setEncoding("utf8").on("data", record);
    child.stderr?.setEncoding("utf8").on("data", record);
    this.#exit = new Promise((resolve) => {
      child.on("close", (code) => {
        this.#exitCode = code;
        this.#watch.notify();
        resolve(code);
      });
    });
  }

  /** Everything on stdout and stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** How it ended, such as `exit code 1`. */
  get ending(): string {
    const { exitCode, signalCode } = this.process;
    return signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  }

  /** A place in the log, for {@link logged}. */
  get mark(): number {
    return this.#log.length;
  }

  get isRunning(): boolean {
    return this.#exitCode === undefined;
  }

  async ready(): Promise<void> {
    const find = (name: string): number | undefined => {
      const match = new RegExp(`${name} listening on http://127\\.0\\.0\\.1:(\\d+)`).exec(
        this.#log,
      );
      return match === null ? undefined : Number(match[1]);
    };
    const [proxy, status] = await this.#watch.until(
      () => {
        if (!this.isRunning) throw new Error(`the gateway exited (${this.ending}):\n${this.#log}`);
        const ports = [find("proxy"), find("status")] as const;
        return ports[0] === undefined || ports[1] === undefined ? undefined : ports;
      },
      () => `the gateway's listening lines; its log:\n${this.#log}`,
      START_LIMIT_MS,
    );
    this.proxyPort = proxy ?? 0;
    this.statusPort = status ?? 0;
  }

  /** Waits for a line of the log, from `mark` on, that the pattern matches. */
  async logged(pattern: RegExp, mark: number = 0, limitMs?: number): Promise<string> {
    return this.#watch.until(
      () =>
        this.#log
          .slice(mark)
          .split("\n")
          .find((line) => pattern.test(line)),
      () => `log line ${String(pattern)} in:\n${this.#log.slice(mark)}`,
      limitMs,
    );
  }

  /** Replaces the config file in one step, as an editor or a deploy tool does. */
  async writeConfig(config: string | object): Promise<void> {
    await writeAtomically(this.configPath, configText(config));
  }

  /** Puts NAME.wasm into the plugins folder in one step. */
  async writePlugin(name: string, bytes: Uint8Array): Promise<void> {
    await writeAtomically(join(this.pluginsFolder, `${name}.wasm`), bytes);
  }

  async removePlugin(name: string): Promise<void> {
    await rm(join(this.pluginsFolder, `${name}.wasm`));
  }

  /** One request to the proxy on a connection of its own. */
  async ask(bytes: string | Buffer): Promise<Response> {
    return ask(this.proxyPort, bytes);
  }

  async get(path: string, ...lines: string[]): Promise<Response> {
    return ask(this.proxyPort, get(path, ...lines));
  }

  /** A GET on the status API. */
  async status(path: string): Promise<Response> {
    return ask(this.statusPort, get(path, "Connection: close"));
  }

  /** Ends the process and removes its folder. Gives the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.isRunning) this.process.kill(signal);
    return this.ended();
  }

  /** Waits until the process ends by itself, and removes its folder. Gives the exit code. */
  async ended(): Promise<number | null> {
    const killer = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    const code = await this.#exit;
    clearTimeout(killer);
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }
}

/** Starts a gateway on free ports and waits until it serves. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await spawnGateway(options);
  try {
    await gateway.ready();
  } catch (error) {
    await gateway.stop("SIGKILL");
    throw error;
  }
  return gateway;
}

/** As {@link startGateway} without waiting: for gateways that must not start. */
export async function spawnGateway(options: GatewayOptions): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-conformance-"));
  const configPath = join(folder, "gateway.yaml");
  const pluginsFolder = join(folder, "plugins");
  await writeFiles(configPath, pluginsFolder, options);
  const child = spawnProgram(
    "runtime/src/cli.ts",
    [
      "start",
      "--config",
      configPath,
      "--plugins-dir",
      pluginsFolder,
      "--proxy-listen",
      "127.0.0.1:0",
      "--status-listen",
      "127.0.0.1:0",
      ...(options.flags ?? []),
    ],
    {
      ...(options.env && { env: options.env }),
      ...(options.openFiles && { openFiles: options.openFiles }),
    },
  );
  return new Gateway(folder, child);
}

async function writeFiles(
  configPath: string,
  pluginsFolder: string,
  { config, plugins = {} }: GatewayOptions,
): Promise<void> {
  await writeFile(configPath, configText(config));
  await mkdir(pluginsFolder, { recursive: true });
  for (const [name, bytes] of Object.entries(plugins)) {
    await writeFile(join(pluginsFolder, `${name}.wasm`), bytes);
  }
}

function configText(config: string | object): string {
  return typeof config === "string" ? config : JSON.stringify(config, undefined, 2);
}

async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
