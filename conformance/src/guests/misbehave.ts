// A policy that does on purpose what a policy must not do; its config says what.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "misbehave",
  version: "1.0.0",
  priority: 50,
  config: s.object({
    does: s.enum([
      "throw",
      "throw-text",
      "reject",
      "loop",
      "recurse",
      "allocate",
      "split-header",
      "bad-status",
      "throw-late",
      "loop-late",
      "throw-in-log",
      "spam-log",
      "nothing",
    ]),
  }),

  async onRequest(ctx, { does }) {
    switch (does) {
      case "throw":
        throw new Error("thrown on purpose");
      case "throw-text":
        throw "text on purpose";
      case "reject":
        await Promise.reject(new Error("rejected on purpose"));
        return;
      case "loop":
        for (;;);
      case "recurse":
        recurse(0);
        return;
      case "allocate":
        allocate();
        return;
      case "split-header":
        ctx.response.setHeader("X-Split", "a\r\nX-Injected: b");
        return;
      case "bad-status":
        return ctx.respond(9_999, "nonsense");
      case "spam-log":
        for (let line = 0; line < 20_000; line++) ctx.log.info(`line ${line}`);
        return;
      case "throw-late":
      case "loop-late":
      case "throw-in-log":
      case "nothing":
        return;
    }
  },

  onResponse(_ctx, { does }) {
    if (does === "throw-late") throw new Error("thrown late on purpose");
    if (does === "loop-late") for (;;);
  },

  onLog(_ctx, { does }) {
    if (does === "throw-in-log") throw new Error("thrown in log on purpose");
  },
});

export default plugin;

function recurse(depth: number): number {
  return recurse(depth + 1) + 1;
}

function allocate(): number {
  const kept: string[][] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_value, index) => `piece ${index}`));
}
