// What the case "plugin-call" measures: reads one header, sets one; and looks at the chunks of a body.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "read-and-set",
  version: "1.0.0",
  priority: 1,
  config: s.object({}),

  onRequest(ctx) {
    ctx.response.setHeader("X-Seen", ctx.request.header("x-api-key") ?? "none");
  },

  onResponseBody(_ctx, chunk) {
    if (chunk[0] === 0) throw new Error("begins with NUL");
  },
});

export default plugin;
