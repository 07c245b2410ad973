// The proxies that are compared and how each is started; their configs and programs are in bench/peers.
import { join } from "node:path";
import { nginxCommand } from "./lab.ts";
import type { ProxySpec } from "./proxies.ts";
import type { PeerId } from "./selection.ts";
import type { Runtime } from "./sluice.ts";
import { sluiceCommand } from "./sluice.ts";

export interface NativeOptions {
  /** Part of the row's id, where a case has a peer more than once. */
  readonly variant?: string;
  readonly workers?: number;
  readonly maxConnections?: number;
}

export function nginx(options: NativeOptions = {}): ProxySpec {
  const { variant = "", ...values } = options;
  const id = `nginx${variant}`;
  return {
    id,
    peer: "nginx",
    title: "nginx",
    hasPolicies: false,
    needs: ["nginx"],
    packages: [],
    command: (lab, { port }) => {
      return nginxCommand(lab, lab.render("nginx.conf", { ...values, port, id }, `${id}.conf`));
    },
  };
}

export function haproxy({ maxConnections = 4096 }: NativeOptions = {}): ProxySpec {
  return {
    id: "haproxy",
    peer: "haproxy",
    title: "HAProxy",
    hasPolicies: false,
    needs: ["nginx", "haproxy"],
    packages: [],
    command: (lab, { port }) => [
      lab.tools.haproxy ?? "haproxy",
      "-db",
      "-f",
      lab.render("haproxy.cfg", { port, maxConnections }),
    ],
  };
}

export interface SluiceSpecOptions {
  readonly variant?: string;
  readonly hasPolicies?: boolean;
  readonly workers?: number;
  readonly runtimeFlags?: readonly string[];
  /** Default: one of the configs in bench/peers. */
  readonly writeConfig?: (path: string, upstreamPort: number, logPath: string) => void;
}

export function sluice(runtime: Runtime, options: SluiceSpecOptions = {}): ProxySpec {
  const { variant = "", hasPolicies = false, workers, runtimeFlags = [], writeConfig } = options;
  const peer: PeerId = hasPolicies ? `sluice-${runtime}-policies` : `sluice-${runtime}`;
  const id = `${peer}${variant}`;
  return {
    id,
    peer,
    title: `Sluice on ${runtime === "bun" ? "Bun" : "Node"}${hasPolicies ? ", 4 policies" : ""}`,
    hasPolicies,
    needs: ["nginx", runtime],
    packages: [],
    command: (lab, { port, statusPort, logPath }) => {
      // One file for each: two gateways must not watch, or log to, the same one.
      let config = join(lab.runDir, `${id}.yaml`);
      const template = hasPolicies ? "sluice-policies.yaml" : "sluice.yaml";
      if (writeConfig === undefined) config = lab.render(template, { logPath }, `${id}.yaml`);
      else writeConfig(config, lab.upstreamPort, logPath);
      return sluiceCommand(lab, {
        runtime,
        config,
        port,
        statusPort,
        runtimeFlags,
        ...(workers === undefined ? {} : { workers }),
      });
    },
  };
}

const caddy: ProxySpec = {
  id: "caddy",
  peer: "caddy",
  title: "Caddy",
  hasPolicies: false,
  needs: ["nginx", "caddy"],
  packages: [],
  command: (lab, { port }) => [
    // It writes its last config below the home directory unless told of another.
    "env",
    `XDG_CONFIG_HOME=${lab.runDir}`,
    `XDG_DATA_HOME=${lab.runDir}`,
    lab.tools.caddy ?? "caddy",
    "run",
    "--adapter",
    "caddyfile",
    "--config",
    lab.render("Caddyfile", { port }),
  ],
};

/** Four policies, or five with cors. */
export function nginxLua(policies: 4 | 5): ProxySpec {
  const id = policies === 4 ? "nginx-lua" : "nginx-lua-five";
  return {
    id,
    peer: "nginx-lua",
    title: `nginx + Lua, ${policies} policies`,
    hasPolicies: true,
    needs: ["nginx", "nginxLuaModules"],
    packages: [],
    command: (lab, { port, logPath }) => {
      const modulesPath = lab.tools.nginxLuaModules ?? "";
      const cors = policies === 5 ? "policies.cors()" : "";
      const values = { port, logPath, modulesPath, cors, id };
      return nginxCommand(lab, lab.render("nginx-lua.conf", values, `${id}.conf`));
    },
  };
}

/** Every peer once, as its own users run it on one core. */
export const PEERS: readonly ProxySpec[] = [
  nginx(),
  haproxy(),
  sluice("bun"),
  sluice("node"),
  caddy,
  npmPeer("http-proxy", "http-proxy", ["http-proxy"]),
  npmPeer("fast-proxy", "fast-proxy", ["fast-proxy"]),
  npmPeer("fastify-http-proxy", "@fastify/http-proxy", ["@fastify/http-proxy", "fastify"]),
  npmPeer("httpxy", "httpxy", ["httpxy"]),
  npmPeer("hono-node", "Hono's proxy on Node", ["hono", "@hono/node-server"]),
  npmPeer("hono-bun", "Hono's proxy on Bun", ["hono"], "bun"),
  nginxLua(4),
  sluice("bun", { hasPolicies: true }),
  sluice("node", { hasPolicies: true }),
];

/** A program in bench/peers that is told its port and its upstream. */
function npmPeer(
  peer: PeerId,
  title: string,
  packages: readonly string[],
  runtime: Runtime = "node",
): ProxySpec {
  return {
    id: peer,
    peer,
    title,
    hasPolicies: false,
    needs: ["nginx", runtime],
    packages,
    command: (lab, { port }) => [
      lab.tools[runtime] ?? runtime,
      join(lab.peersDir, `${peer}.ts`),
      String(port),
      `http://127.0.0.1:${lab.upstreamPort}`,
    ],
  };
}
