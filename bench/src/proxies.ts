// A proxy that is measured: how one is described, and how it is brought up.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "./children.ts";
import { CLIENT_HEADERS } from "./fixture.ts";
import { firstAnswer, freePort } from "./http.ts";
import type { Lab } from "./lab.ts";
import type { PeerId } from "./selection.ts";
import type { Tool } from "./tools.ts";
import { PACKAGES } from "./tools.ts";

export interface ProxySpec {
  /** Its row's id within a case. */
  readonly id: string;
  readonly peer: PeerId;
  readonly title: string;
  /** Whether it does the four policies. */
  readonly hasPolicies: boolean;
  readonly needs: readonly Tool[];
  /** npm packages that it runs. */
  readonly packages: readonly string[];
  /** What its clients send, beside what all clients of the bench do. */
  headers?(): Readonly<Record<string, string>>;
  command(lab: Lab, place: ProxyPlace): readonly string[];
}

/** Where one proxy listens and writes. */
export interface ProxyPlace {
  readonly port: number;
  readonly statusPort: number;
  /** Log of file-log and of its Lua counterpart. */
  readonly logPath: string;
}

export interface RunningProxy extends ProxyPlace {
  readonly spec: ProxySpec;
  readonly child: Child;
}

export type BringUp =
  | { readonly kind: "running"; readonly proxy: RunningProxy }
  | { readonly kind: "absent"; readonly reason: string };

export interface BringUpOptions {
  /** Everything the running proxy does wrong. */
  readonly verify: (proxy: RunningProxy) => Promise<string[]>;
  /** Command prefix, such as pinning. */
  readonly prefix: readonly string[];
}

/** Starts a proxy and looks at what it does. Never throws: a proxy that is absent has a reason. */
export async function bringUp(
  lab: Lab,
  spec: ProxySpec,
  options: BringUpOptions,
): Promise<BringUp> {
  const needs = [...spec.needs, "wrk" as const].filter((tool) => lab.tools[tool] === undefined);
  if (needs.length > 0) {
    return { kind: "absent", reason: `needs ${needs.map((tool) => PACKAGES[tool]).join(", ")}` };
  }
  const packages = spec.packages.filter((name) => !existsSync(packagePath(lab.root, name)));
  if (packages.length > 0) {
    return { kind: "absent", reason: `needs npm ci (${packages.join(", ")})` };
  }
  try {
    const proxy = await startProxy(lab, spec, options.prefix);
    const faults = await options.verify(proxy);
    if (faults.length === 0) return { kind: "running", proxy };
    await lab.children.stop(proxy.child);
    return { kind: "absent", reason: `does not do the work: ${faults.join("; ")}` };
  } catch (error) {
    // A peer that will not start is a row to explain, not a reason to measure nothing.
    return { kind: "absent", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The manifest of an installed npm package. */
export function packagePath(root: string, name: string): string {
  return join(root, "node_modules", name, "package.json");
}

/** Waits for the first 200. Throws with the proxy's last words when it fails. */
async function startProxy(
  lab: Lab,
  spec: ProxySpec,
  prefix: readonly string[],
): Promise<RunningProxy> {
  const place = {
    port: await freePort(),
    statusPort: await freePort(),
    logPath: join(lab.runDir, `${spec.id}.log`),
  };
  const child = lab.children.start(spec.id, [...prefix, ...spec.command(lab, place)], lab.root);
  try {
    const headers = { ...CLIENT_HEADERS, ...spec.headers?.() };
    await firstAnswer(child, { port: place.port, headers, timeoutMs: 30_000 });
    return { ...place, spec, child };
  } catch (error) {
    await lab.children.stop(child);
    throw error;
  }
}
