// The place a run happens in: scratch directory, upstream, and which CPU serves whom.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "./children.ts";
import { Children } from "./children.ts";
import {
  API_KEY,
  CONSUMER_ID,
  CREDENTIAL_ID,
  LIMIT_PER_MINUTE,
  UPSTREAM_BODY,
  USERNAME,
} from "./fixture.ts";
import { firstAnswer, freePort } from "./http.ts";
import type { TemplateValues } from "./template.ts";
import { renderTemplate } from "./template.ts";
import type { Tools } from "./tools.ts";

export interface Lab {
  readonly root: string;
  readonly peersDir: string;
  readonly runDir: string;
  readonly tools: Tools;
  readonly children: Children;
  readonly upstreamPort: number;
  /** Where the upstream sends /upload-digest. */
  readonly digestPort: number;
  readonly cpus: readonly number[];
  /** Command prefix that keeps a proxy on its core; empty where pinning is not possible. */
  readonly proxyPin: readonly string[];
  /** The same for upstream and load generator. */
  readonly loadPin: readonly string[];
  /** Writes bench/peers/TEMPLATE, its places filled, to FILE in the scratch directory; returns the path. */
  render(template: string, values: TemplateValues, file?: string): string;
  close(): Promise<void>;
}

export interface LabOptions {
  readonly root: string;
  readonly tools: Tools;
  readonly cpus: readonly number[];
}

/** Starts the upstream. Throws when it does not answer. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { root, tools, cpus } = options;
  const runDir = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  mkdirSync(join(runDir, "output"));
  const children = new Children(join(runDir, "output"));
  const stopOnExit = () => {
    children.killAll();
    rmSync(runDir, { recursive: true, force: true });
  };
  process.once("exit", stopOnExit);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // The children of a stopped parent would stay behind as zombies where no init reaps them.
    process.once(signal, () => void children.stopAll().finally(() => process.exit(130)));
  }

  const upstreamPort = await freePort();
  const digestPort = await freePort();
  const peersDir = join(root, "bench/peers");
  const lab: Lab = {
    root,
    peersDir,
    runDir,
    tools,
    children,
    upstreamPort,
    digestPort,
    cpus,
    proxyPin: pinTo(tools, cpus, [1]),
    loadPin: pinTo(tools, cpus, [0]),
    render: (template, values, file = template) => {
      const path = join(runDir, file);
      const text = readFileSync(join(peersDir, template), "utf8");
      const common = { ...COMMON_VALUES, runDir, peersDir, upstreamPort, digestPort };
      writeFileSync(path, renderTemplate(text, { ...common, ...values }));
      return path;
    },
    close: async () => {
      await children.stopAll();
      stopOnExit();
      process.off("exit", stopOnExit);
    },
  };
  const upstream = startUpstream(lab);
  await firstAnswer(upstream, { port: upstreamPort, headers: {}, timeoutMs: 5000 });
  return lab;
}

const COMMON_VALUES = {
  apiKey: API_KEY,
  consumerId: CONSUMER_ID,
  credentialId: CREDENTIAL_ID,
  username: USERNAME,
  limitPerMinute: LIMIT_PER_MINUTE,
  maxConnections: 4096,
  workers: 1,
  // A worker of another user could not use the scratch directory.
  user: process.getuid?.() === 0 ? "user root;" : "",
};

function startUpstream(lab: Lab): Child {
  const config = lab.render("upstream.conf", { port: lab.upstreamPort, body: UPSTREAM_BODY });
  return lab.children.start("upstream", [...lab.loadPin, ...nginxCommand(lab, config)]);
}

/** nginx in the foreground, its messages on stderr. */
export function nginxCommand({ tools, runDir }: Lab, config: string): string[] {
  return [tools.nginx ?? "nginx", "-p", runDir, "-e", "stderr", "-c", config];
}

/** Command prefix that keeps a program on the usable CPUs with these indexes; empty where that is not possible. */
export function pinTo(tools: Tools, cpus: readonly number[], indexes: readonly number[]): string[] {
  const chosen = indexes.map((index) => cpus[index]);
  if (tools.taskset === undefined || cpus.length < 2 || chosen.includes(undefined)) return [];
  return [tools.taskset, "-c", chosen.join(",")];
}
