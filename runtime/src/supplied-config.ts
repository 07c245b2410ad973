// A config together with the modules that it pins.
import { ConfigRefused } from "./assemble.ts";
import type { ConfigText } from "./assemble.ts";
import { formatFault } from "./config/parse-config.ts";
import { pinnedPlugins } from "./config/pinned-plugins.ts";
import type { Logger } from "./log.ts";
import type { ModuleSupply } from "./plugins/supply/module-supply.ts";

/** A config whose modules cannot be had now, and perhaps later. */
export class ModulesMissing extends ConfigRefused {
  constructor(reasons: readonly string[]) {
    super(reasons);
    this.name = "ModulesMissing";
  }
}

/** Throws {@link ModulesMissing} when a module is missing that an enabled entry needs. */
export async function withModules(
  config: ConfigText,
  supply: ModuleSupply,
  log: Pick<Logger, "warn">,
): Promise<ConfigText> {
  const { text, file } = config;
  const supplied = await supply.obtain(pinnedPlugins(text, file));
  if (supplied.kind === "missing") {
    throw new ModulesMissing(supplied.faults.map((fault) => formatFault(file, fault)));
  }
  for (const fault of supplied.warnings) log.warn(formatFault(file, fault));
  return { ...config, modules: supplied.modules };
}
