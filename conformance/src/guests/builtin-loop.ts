// Spends for ever inside of one function of the engine, which never asks whether its time is over.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "builtin-loop",
  version: "1.0.0",
  priority: 10,
  config: s.object({}),

  onRequest(ctx) {
    const found = Array.prototype.indexOf.call({ length: Number.MAX_SAFE_INTEGER }, 1);
    ctx.response.setHeader("X-Found", String(found));
  },
});

export default plugin;
