// A version of the swap cases' policy whose config the running entries do not satisfy.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "versioned",
  version: "3.0.0",
  priority: 50,
  config: s.object({ needed: s.string() }),

  onRequest(ctx, { needed }) {
    ctx.response.setHeader("X-Access-Version", needed);
  },
});

export default plugin;
