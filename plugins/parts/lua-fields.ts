// Kong's `custom_fields_by_lua`, which its log plugins have and none of ours can run.
import { ConfigError, s } from "@sluice/plugin-sdk";

export const luaFields = s.record(s.string()).optional();

/** Throws a ConfigError when there are any. */
export function refuseLua(fields: Readonly<Record<string, string>> = {}): void {
  if (Object.keys(fields).length === 0) return;
  throw new ConfigError(
    "there is no Lua here: write a plugin whose onLog adds the fields",
    "custom_fields_by_lua",
  );
}
