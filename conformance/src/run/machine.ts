// What the suites need of the machine beyond npm's packages, and how to get it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Why this checkout cannot run its tests at all, or undefined. */
export function missingFromCheckout(root: string): string | undefined {
  const binaries = ["node", "bun", "tsc", "oxlint", "oxfmt"];
  const missing = binaries.filter((name) => !runs(join(root, "node_modules/.bin", name)));
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} cannot be run from node_modules. Run: npm ci`;
}

/** Installs Debian packages where that is possible. Gives the command to run when one is still missing. */
export function installMissing(programs: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(programs).filter(([program]) => !runs(program));
  if (missing.length === 0) return undefined;
  const packages = missing.map(([, name]) => name);
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`\n== Installing ${packages.join(", ")}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("sh", ["-c", `apt-get update -q && ${command}`], { stdio: "inherit", env });
    if (missing.every(([program]) => runs(program))) return undefined;
  }
  return command;
}

function runs(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}
