// Which versions a run compares.
import { readFileSync } from "node:fs";
import { PEERS } from "./peer-list.ts";
import { packagePath } from "./proxies.ts";
import type { Tools } from "./tools.ts";
import { versionOf } from "./tools.ts";

const FLAGS = {
  nginx: "-v",
  haproxy: "-v",
  caddy: "version",
  wrk: "-v",
  bun: "--version",
  node: "--version",
} as const satisfies Partial<Record<keyof Tools, string>>;

/** Programs such as `nginx 1.22.1; …`. */
export function programVersions(tools: Tools): string {
  return Object.entries(FLAGS)
    .map(([name, flag]) => {
      // The keys of FLAGS are names of tools.
      const path = tools[name as keyof typeof FLAGS];
      return `${name} ${path === undefined ? "missing" : versionOf(path, flag)}`;
    })
    .join("; ");
}

/** npm packages such as `http-proxy 1.18.1; …`. */
export function packageVersions(root: string): string {
  const names = new Set(PEERS.flatMap(({ packages }) => packages));
  return [...names].map((name) => `${name} ${packageVersion(root, name)}`).join("; ");
}

function packageVersion(root: string, name: string): string {
  try {
    // A package's manifest has a version.
    const manifest = JSON.parse(readFileSync(packagePath(root, name), "utf8")) as {
      version: string;
    };
    return manifest.version;
  } catch {
    // Not installed: the peer's row says so, too.
    return "missing";
  }
}
