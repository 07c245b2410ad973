// A policy that asks other servers; its config says which and what for.
import { FetchError, definePlugin, fetch, s } from "@sluice/plugin-sdk";
import type { FetchResponse, Plugin } from "@sluice/plugin-sdk";

/** What a version of this policy calls itself; the build of another one replaces it. */
const VERSION = "one";

/** One answer for all requests that come while it is not there. */
let keys: Promise<FetchResponse> | undefined;
let early = "nothing";

const plugin: Plugin = definePlugin({
  name: "asks",
  version: "1.0.0",
  priority: 50,
  config: s.object({
    does: s.enum(["decide", "response", "log", "report", "keys", "both", "early", "loop"]),
    url: s.string(),
    timeout_ms: s.integer().default(30_000),
    max_bytes: s.integer().default(1000),
  }),

  configure(config) {
    if (config.does === "early") {
      // Not in configure itself: an instance that stands by asks nobody.
      fetch(config.url).catch((error: unknown) => (early = reasonOf(error)));
      setTimeout(() => void askEarly(config.url), 0);
    }
    return config;
  },

  async onRequest(ctx, { does, url, timeout_ms: timeoutMs, max_bytes: maxBytes }) {
    const mark = ctx.request.header("x-mark") ?? "";
    switch (does) {
      case "decide": {
        const headers = { authorization: ctx.request.header("authorization") ?? "" };
        const decision = await ctx.fetch(url, { method: "POST", headers, body: ctx.request.path });
        if (!decision.ok) return ctx.error(403, "Not for you");
        ctx.request.setHeader("x-role", decision.header("x-role") ?? "");
        return undefined;
      }
      case "report": {
        const target = ctx.request.header("x-url") ?? url;
        try {
          const answer = await ctx.fetch(target, { headers: { mark }, timeoutMs, maxBytes });
          const text = answer.text();
          return ctx.respond(200, { status: answer.status, url: answer.url, text, VERSION });
        } catch (error) {
          return ctx.respond(200, { failed: reasonOf(error), message: String(error), VERSION });
        }
      }
      case "keys": {
        // A failure is not kept for the next ones.
        keys ??= fetch(url).catch((error: unknown) => {
          keys = undefined;
          throw error;
        });
        return ctx.respond(200, (await keys).text());
      }
      case "both": {
        const late = new Promise<string>((resolve) => setTimeout(resolve, 30, "too late"));
        const first = ctx.fetch(`${url}1`).then((answer) => answer.text());
        const second = ctx.fetch(`${url}2`).then((answer) => answer.text());
        const never = ctx.fetch(`${url}never`).then((answer) => answer.text());
        never.catch(() => {});
        return ctx.respond(200, [
          ...(await Promise.all([first, second])),
          await Promise.race([never, late]),
        ]);
      }
      case "early":
        return ctx.respond(200, early);
      case "loop":
        for (;;);
      case "response":
      case "log":
        return undefined;
    }
  },

  async onResponse(ctx, { does, url }) {
    if (does !== "response") return;
    const answer = await ctx.fetch(url);
    ctx.response.setHeader("x-asked", answer.text());
  },

  async onLog(ctx, { does, url }) {
    if (does !== "log") return;
    await ctx.fetch(url, { method: "PUT", body: `${ctx.request.path} ${ctx.response.status}` });
  },
});

async function askEarly(url: string): Promise<void> {
  early += ` ${(await fetch(url)).text()}`;
}

function reasonOf(error: unknown): string {
  return error instanceof FetchError ? error.reason : String(error);
}

export default plugin;
