// A policy that shows who shares its instance, and breaks or grows it when a header says so.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

let calls = 0;
const kept: string[] = [];

const plugin: Plugin = definePlugin({
  name: "lives",
  version: "1.0.0",
  priority: 50,
  config: s.object({ name: s.string().default("") }),

  onRequest(ctx, { name }) {
    calls++;
    switch (ctx.request.header("x-do") ?? "") {
      case "loop":
        for (;;);
      case "throw":
        throw new Error("thrown on purpose");
      case "loop-once":
        // What the store keeps outlives the instance, which a repeated call does not share.
        if (ctx.store.increment(`loops ${ctx.request.header("x-once") ?? ""}`, 1) === 1) for (;;);
        break;
      case "grow":
        for (let at = 0; at < 13; at++) kept.push("x".repeat(1_000_000) + at);
        break;
      default:
    }
    ctx.response.setHeaders(["x-name", name, "x-calls", String(calls)]);
  },

  onResponse(ctx) {
    calls++;
    ctx.response.setHeader("x-calls-at-response", String(calls));
  },
});

export default plugin;
