// The proxies that are measured and how each is started.
import { join } from "node:path";
import type { Child } from "./children.ts";
import { CLIENT_HEADERS } from "./fixture.ts";
import { firstAnswer, freePort } from "./http.ts";
import type { Lab } from "./lab.ts";
import { nginxCommand } from "./lab.ts";
import { sluiceCommand } from "./sluice.ts";
import type { Tool } from "./tools.ts";

export interface ProxySpec {
  readonly id: string;
  readonly title: string;
  /** Whether it does the four policies. */
  readonly hasPolicies: boolean;
  readonly needs: readonly Tool[];
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

export const PROXIES: readonly ProxySpec[] = [
  {
    id: "nginx",
    title: "nginx",
    hasPolicies: false,
    needs: ["nginx"],
    command: (lab, { port }) => nginxCommand(lab, lab.render("nginx.conf", { port })),
  },
  {
    id: "haproxy",
    title: "HAProxy",
    hasPolicies: false,
    needs: ["nginx", "haproxy"],
    command: (lab, { port }) => [
      lab.tools.haproxy ?? "haproxy",
      "-db",
      "-f",
      lab.render("haproxy.cfg", { port }),
    ],
  },
  sluice("sluice-bun", "bun", false),
  sluice("sluice-node", "node", false),
  {
    id: "nginx-lua",
    title: "nginx + Lua, 4 policies",
    hasPolicies: true,
    needs: ["nginx", "nginxLuaModules"],
    command: (lab, { port, logPath }) => {
      const modulesPath = lab.tools.nginxLuaModules ?? "";
      return nginxCommand(lab, lab.render("nginx-lua.conf", { port, logPath, modulesPath }));
    },
  },
  sluice("sluice-bun-policies", "bun", true),
  sluice("sluice-node-policies", "node", true),
];

/** Starts a proxy on its core and waits for its first 200. Throws with its last words when it fails. */
export async function startProxy(lab: Lab, spec: ProxySpec): Promise<RunningProxy> {
  const place = {
    port: await freePort(),
    statusPort: await freePort(),
    logPath: join(lab.runDir, `${spec.id}.log`),
  };
  const command = [...lab.proxyPin, ...spec.command(lab, place)];
  const child = lab.children.start(spec.id, command, lab.root);
  await firstAnswer(child, { port: place.port, headers: CLIENT_HEADERS, timeoutMs: 30_000 });
  return { ...place, spec, child };
}

function sluice(id: string, runtime: "bun" | "node", hasPolicies: boolean): ProxySpec {
  const name = runtime === "bun" ? "Bun" : "Node";
  return {
    id,
    title: `Sluice on ${name}${hasPolicies ? ", 4 policies" : ""}`,
    hasPolicies,
    needs: ["nginx", runtime],
    command: (lab, { port, statusPort, logPath }) => {
      const template = hasPolicies ? "sluice-policies.yaml" : "sluice.yaml";
      // One file for each runtime: two gateways must not watch, or log to, the same one.
      const config = lab.render(template, { logPath }, `${id}.yaml`);
      return sluiceCommand(lab, { runtime, config, port, statusPort });
    },
  };
}
