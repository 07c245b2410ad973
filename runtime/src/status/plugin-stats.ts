// What is counted of one plugin.
import type { Phase } from "@sluice/plugin-sdk/abi";

export interface PluginStats {
  readonly calls: Record<Phase, number>;
  readonly errors: Record<Phase, number>;
  readonly milliseconds: Record<Phase, number>;
  /** Live instances, all versions. */
  instances: number;
}

export function newPluginStats(): PluginStats {
  return {
    calls: { access: 0, header_filter: 0, log: 0 },
    errors: { access: 0, header_filter: 0, log: 0 },
    milliseconds: { access: 0, header_filter: 0, log: 0 },
    instances: 0,
  };
}
