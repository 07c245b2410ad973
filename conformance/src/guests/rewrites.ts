// A policy that writes whatever the client asks it to into the request line.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "rewrites",
  version: "1.0.0",
  priority: 50,
  config: s.object({}),

  onRequest(ctx) {
    const path = ctx.request.queryArg("path");
    const method = ctx.request.queryArg("method");
    const query = ctx.request.queryArg("query");
    if (path !== undefined) ctx.request.path = path;
    if (method !== undefined) ctx.request.method = method;
    if (query !== undefined) ctx.request.query = query;
  },
});

export default plugin;
