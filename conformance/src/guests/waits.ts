// A policy that waits in each phase, as its config says, on timers.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let ticks = 0;

const plugin: Plugin = definePlugin({
  name: "waits",
  version: "1.0.0",
  priority: 50,
  config: s.object({
    phase: s.enum(["request", "response", "log", "never", "interval"]),
    outcome: s.enum(["continue", "respond", "throw", "loop"]).default("continue"),
  }),

  configure({ phase, outcome }) {
    if (phase === "interval") setInterval(() => ticks++, 10);
    return { phase, outcome };
  },

  async onRequest(ctx, { phase, outcome }) {
    if (phase === "interval") return ctx.respond(200, String(ticks));
    if (phase === "never") await new Promise(() => {});
    if (phase !== "request") return undefined;
    const mark = ctx.request.header("x-mark") ?? "";
    await wait(Number(ctx.request.header("x-wait-ms") ?? 5));
    ctx.request.setHeader("x-waited", mark);
    ctx.response.setHeader("x-waited", mark);
    if (outcome === "respond") return ctx.respond(202, `waited ${mark}`);
    if (outcome === "throw") throw new Error("thrown after waiting");
    if (outcome === "loop") for (;;);
    return undefined;
  },

  async onResponse(ctx, { phase, outcome }) {
    if (phase !== "response") return;
    await wait(5);
    if (outcome === "throw") throw new Error("thrown after waiting");
    ctx.response.setHeader("x-waited", String(ctx.response.status));
    ctx.response.status = 203;
  },

  async onLog(ctx, { phase }) {
    if (phase !== "log") return;
    await wait(5);
    ctx.log.info(`waited for ${ctx.request.path} ${ctx.response.status}`);
  },
});

export default plugin;
