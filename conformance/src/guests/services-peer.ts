// Runs after the policy `services` and shows what it hears of it.
import { counter, definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const visits = counter("visits", { help: "Of its own", labels: [] });

const plugin: Plugin = definePlugin({
  name: "services-peer",
  version: "1.0.0",
  priority: 40,
  config: s.object({}),

  onRequest(ctx) {
    visits.increment();
    ctx.request.setHeader("X-Shared", JSON.stringify(ctx.shared.get("from") ?? null));
    if (ctx.request.path !== "/peer") return;
    const names = ["n", "\0common\0n"].map((key) => ctx.store.get(key) ?? "none");
    return ctx.respond(200, { result: [ctx.store.namespace("common").get("n"), ...names] });
  },

  onResponse(ctx) {
    ctx.response.setHeader("X-Shared-Later", JSON.stringify(ctx.shared.get("from") ?? null));
    ctx.shared.delete("from");
  },
});

export default plugin;
