// The admin API: takes a whole declarative config, as Kong's DB-less POST /config. It has no authentication, so it
// listens on loopback only, and refuses what a browser could be tricked into sending there (A3).
import { Hono } from "hono";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { addCircuitBreakers } from "./circuit-breakers.ts";
import { addProxyCache } from "./proxy-cache.ts";
import { VIA } from "../http1/write-response-head.ts";
import type { SetBreakers } from "./circuit-breakers.ts";
import type { Reloaded } from "../reloader.ts";
import type { Store } from "../store/store.ts";

const MAX_CONFIG_BYTES = 10 * 1024 * 1024;
/** A browser sends none of these to another origin without asking first. */
const CONFIG_TYPES = new Set(["application/json", "application/yaml", "application/x-yaml"]);
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** What the API steers and shows. */
export interface AdminParts {
  apply(text: string): Promise<Reloaded>;
  /** Until checks or somebody say otherwise. False when there is no such upstream or target. */
  setTargetHealth(upstream: string, target: string, isHealthy: boolean): Promise<boolean>;
  readonly setBreakers: SetBreakers;
  /** What plugins keep. */
  readonly store: Store;
  /** JSON Schema of the plugin's config; undefined when there is no such plugin. */
  schema(plugin: string): Promise<Readonly<Record<string, unknown>> | undefined>;
}

export function adminApp(parts: AdminParts): Hono {
  const { apply, setTargetHealth, setBreakers, schema, store } = parts;
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
  app.put("/upstreams/:upstream/targets/:target/:health{healthy|unhealthy}", async (c) => {
    const { upstream, target, health } = c.req.param();
    const isSet = await setTargetHealth(upstream.toLowerCase(), target, health === "healthy");
    if (isSet) return c.body(null, 204);
    const shown = `${JSON.stringify(upstream)} with a target ${JSON.stringify(target)}`;
    return c.json({ message: `there is no upstream ${shown}` }, 404);
  });
  addCircuitBreakers(app, setBreakers);
  addProxyCache(app, store);
  app.get("/schemas/plugins/:name", async (c) => {
    const name = c.req.param("name");
    const found = await schema(name);
    return found === undefined
      ? c.json({ message: `there is no plugin ${JSON.stringify(name)}` }, 404)
      : c.json(found);
  });
  app.notFound((c) =>
    c.json(
      {
        message:
          "expected POST /config, GET /schemas/plugins/NAME, PUT /upstreams/NAME/targets/HOST:PORT/healthy or /unhealthy, PUT /upstreams/NAME/circuit_breaker, or DELETE /proxy-cache or /proxy-cache/KEY",
      },
      404,
    ),
  );
  return app;
}

/** A page of another site, or a name that somebody pointed at loopback (DNS rebinding), must not steer the gateway. */
function crossSiteRefusal(c: Context): string | undefined {
  const host = c.req.header("host") ?? "";
  if (!LOOPBACK_HOST.test(host)) return "expected a loopback Host";
  // A route, or a target that a registry lists, may lead here (A7). The last one is that of this API's own server.
  const via = c.req.header("via")?.split(", ") ?? [];
  if (via.slice(0, -1).includes(VIA)) return "expected no request that the gateway passes on";
  const origin = c.req.header("origin");
  return origin === undefined || origin === `http://${host}`
    ? undefined
    : "expected no other Origin";
}
