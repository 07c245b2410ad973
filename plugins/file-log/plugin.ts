// Appends a JSON line for each request to a file, as Kong's file-log does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";

export default definePlugin({
  name: "file-log",
  version: "1.0.0",
  priority: 9,
  config: s.object({
    path: s
      .string()
      .pattern(/^[^\s*&%`]([^*&%`]*[^\s*&%`])?$/)
      .describe("The file, created when it is not there."),
    reopen: s.boolean().default(false).describe("Opens the file anew for each line."),
    custom_fields_by_lua: s.record(s.string()).optional(),
  }),

  configure({ path, reopen, custom_fields_by_lua = {} }) {
    if (Object.keys(custom_fields_by_lua).length > 0) {
      throw new ConfigError(
        "there is no Lua here: write a plugin whose onLog adds the fields",
        "custom_fields_by_lua",
      );
    }
    return { path, options: { reopen } };
  },

  onLog(ctx, { path, options }) {
    ctx.appendRecord(path, options);
    ctx.remember();
  },
});
