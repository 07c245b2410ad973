// The admin API: takes a whole declarative config, as Kong's DB-less POST /config. It has no authentication, so it
// listens on loopback only, and refuses what a browser could be tricked into sending there (A3).
import { Hono } from "hono";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Reloaded } from "../reloader.ts";

const MAX_CONFIG_BYTES = 10 * 1024 * 1024;
/** A browser sends none of these to another origin without asking first. */
const CONFIG_TYPES = new Set(["application/json", "application/yaml", "application/x-yaml"]);
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

export function adminApp(apply: (text: string) => Promise<Reloaded>): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const refusal = crossSiteRefusal(c);
    if (refusal !== undefined) return c.json({ message: refusal }, 403);
    await next();
    return undefined;
  });
  const limit = bodyLimit({
    maxSize: MAX_CONFIG_BYTES,
    onError: (c) =>
      c.json({ message: `expected a config of at most ${MAX_CONFIG_BYTES} bytes` }, 413),
  });
  app.post("/config", limit, async (c) => {
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!CONFIG_TYPES.has(type)) {
      return c.json({ message: `expected Content-Type ${[...CONFIG_TYPES].join(" or ")}` }, 415);
    }
    const outcome = await apply(await c.req.text());
    return outcome.kind === "applied"
      ? c.json({ message: "the config is live" }, 201)
      : c.json({ message: "invalid declarative configuration", errors: outcome.reasons }, 400);
  });
  app.notFound((c) => c.json({ message: "expected POST /config" }, 404));
  return app;
}

/** A page of another site, or a name that somebody pointed at loopback (DNS rebinding), must not steer the gateway. */
function crossSiteRefusal(c: Context): string | undefined {
  const host = c.req.header("host") ?? "";
  if (!LOOPBACK_HOST.test(host)) return "expected a loopback Host";
  const origin = c.req.header("origin");
  return origin === undefined || origin === `http://${host}`
    ? undefined
    : "expected no other Origin";
}
