// A policy whose decisions are remembered: each mode goes by something else of the request.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin, RequestContext } from "@sluice/plugin-sdk";

const config = s.object({
  mode: s.enum(["header", "time", "random", "store", "late", "answer", "plain"]).default("header"),
});

/** Of calls, whatever is remembered. */
let calls = 0;

const plugin: Plugin = definePlugin({
  name: "decides",
  version: "1.0.0",
  priority: 50,
  config,

  onRequest(ctx, { mode }) {
    calls++;
    const { request, response } = ctx;
    const { method } = request;
    const who = request.header("x-who");
    if (mode === "random") crypto.randomUUID();
    if (mode === "store") ctx.store.increment("seen", 1);
    request.setHeader("x-decided", `${who ?? "nobody"} ${method}`);
    response.setHeader("x-call", String(calls));
    if (mode === "plain") return;
    rememberAs(ctx, mode);
    if (mode === "answer") return ctx.respond(200, `call ${calls}`);
    return;
  },
});

function rememberAs(ctx: RequestContext, mode: string): void {
  // A look behind a change: what it sees may be the change.
  if (mode === "late") ctx.request.header("x-decided");
  ctx.remember(mode === "time" ? Date.now() + 100 : undefined);
}

export default plugin;
