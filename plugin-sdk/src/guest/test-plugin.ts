// Builds plugins for tests.
import { fileURLToPath } from "node:url";
import { buildPlugin } from "../compiler/build-plugin.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { TestHost } from "./test-host.ts";
import type { Guest } from "./test-host.ts";

/** A plugin of ./fixtures; throws what is wrong with it. */
export function buildFixture(name: string): Promise<BuiltPlugin> {
  return build(fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url)));
}

/** Without a type check: that has its own tests. */
export async function build(entry: string): Promise<BuiltPlugin> {
  const result = await buildPlugin({ entry, check: false });
  if (result.kind === "failed") throw new Error(result.diagnostics.join("\n"));
  return result;
}

/** Loads the plugin and configures an entry with handle 0. */
export async function start(plugin: BuiltPlugin): Promise<{ host: TestHost; guest: Guest }> {
  const host = new TestHost();
  const guest = await host.load(plugin.wasm);
  host.configure(guest, 0);
  return { host, guest };
}
