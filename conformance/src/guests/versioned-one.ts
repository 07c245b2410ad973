// Version one of the policy that the swap cases replace under load. Each phase says which version it ran on.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "versioned",
  version: "1.0.0",
  priority: 50,
  config: s.object({}),

  onRequest(ctx) {
    ctx.request.setHeader("X-Request-Version", "one");
    ctx.response.setHeader("X-Access-Version", "one");
  },

  onResponse(ctx) {
    ctx.response.setHeader("X-Filter-Version", "one");
  },
});

export default plugin;
