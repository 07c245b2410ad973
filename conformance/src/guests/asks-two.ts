// What replaces the policy `asks`: it asks nobody.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "asks",
  version: "2.0.0",
  priority: 50,
  config: s.object({
    does: s.string(),
    url: s.string(),
    timeout_ms: s.integer().default(30_000),
    max_bytes: s.integer().default(1000),
  }),

  onRequest: (ctx) => ctx.respond(200, { VERSION: "two" }),
});

export default plugin;
