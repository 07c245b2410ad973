// sluice check
import { assemble, readConfig } from "../assemble.ts";
import { withModules } from "../supplied-config.ts";
import { gatewayParts, moduleSupply } from "../thread-parts.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";
import { KEY_OPTIONS, pluginKeys } from "./key-options.ts";
import { parseMilliseconds } from "./options.ts";
import { pluginFolders } from "./plugin-folders.ts";

export const checkCommand: Command = {
  name: "check",
  usage: "sluice check [options] FILE",
  summary:
    "Checks a config as start would, plugins included. Exit code 0 when it is good, 1 when not.",
  options: {
    "plugins-dir": { value: "DIR", help: "folder of NAME.wasm files" },
    ...KEY_OPTIONS,
    "plugin-timeout": { value: "MS", help: "limit for one call of a plugin", fallback: "100" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, ...rest] = options.positionals;
    if (file === undefined || rest.length > 0) throw new UsageError("check: expected one FILE");
    const folders = await pluginFolders(options.text("plugins-dir"));
    const pluginTimeoutMs = parseMilliseconds(
      "plugin-timeout",
      options.text("plugin-timeout") ?? "",
    );
    const settings = { logLevel: "warn", pluginTimeoutMs, pluginKeys: await pluginKeys(options) };
    const parts = await gatewayParts(settings, folders);
    const supply = moduleSupply(settings, parts);
    const config = await withModules(await readConfig(file), supply, parts.log);
    const snapshot = await assemble(config, { ...parts, discovery: undefined });
    const { services, routes, plugins } = snapshot.config;
    snapshot.retire();
    await parts.close();
    process.stdout.write(
      `${file} is good: ${services.length} services, ${routes.length} routes, ${plugins.length} plugins\n`,
    );
    return 0;
  },
};
