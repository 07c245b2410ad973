// Which programs are installed, and the Debian package of each that is not.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Paths of the programs; undefined where one is missing. */
export interface Tools {
  readonly nginx: string | undefined;
  /** Directory with nginx' Lua module. */
  readonly nginxLuaModules: string | undefined;
  readonly haproxy: string | undefined;
  readonly caddy: string | undefined;
  readonly wrk: string | undefined;
  readonly taskset: string | undefined;
  readonly bun: string | undefined;
  readonly node: string | undefined;
}

export type Tool = keyof Tools;

/** Where each comes from. */
export const PACKAGES: Readonly<Record<Tool, string>> = {
  nginx: "Debian package nginx-core",
  nginxLuaModules: "Debian packages libnginx-mod-http-lua and lua-cjson",
  haproxy: "Debian package haproxy",
  caddy: "Debian package caddy",
  wrk: "Debian package wrk",
  taskset: "Debian package util-linux",
  bun: "npm ci",
  node: "npm ci",
};

/** Looks on PATH and in the places where Debian puts servers; Bun and Node come from node_modules. */
export function findTools(root: string): Tools {
  const nginx = findProgram("nginx");
  return {
    nginx,
    nginxLuaModules: nginx === undefined ? undefined : findLuaModules(nginx),
    haproxy: findProgram("haproxy"),
    caddy: findProgram("caddy"),
    wrk: findProgram("wrk"),
    taskset: findProgram("taskset"),
    bun: existing(join(root, "node_modules/.bin/bun")),
    node: existing(join(root, "node_modules/.bin/node")),
  };
}

/** The version in what a program says to its version flag; both streams are read, as nginx uses stderr. */
export function versionOf(program: string, flag: string): string {
  const output = execFileSync("/bin/sh", ["-c", '"$0" "$1" 2>&1 || true', program, flag], {
    encoding: "utf8",
  });
  return /\d+\.\d+[\w.+-]*/.exec(output)?.[0] ?? "of unknown version";
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

function findLuaModules(nginx: string): string | undefined {
  const build = execFileSync("/bin/sh", ["-c", '"$0" -V 2>&1', nginx], { encoding: "utf8" });
  const directory = /--modules-path=(\S+)/.exec(build)?.[1] ?? "/usr/lib/nginx/modules";
  return existsSync(join(directory, "ngx_http_lua_module.so")) ? directory : undefined;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
