// A policy that uses what the gateway offers besides the request; the path says what.
import {
  HttpError,
  counter,
  definePlugin,
  digest,
  gauge,
  histogram,
  hmac,
  jwks,
  jwt,
  s,
  timingSafeEqual,
} from "@sluice/plugin-sdk";
import type { JwksSource, Plugin, RequestContext } from "@sluice/plugin-sdk";

interface Settings {
  readonly jwk: string;
  readonly published: JwksSource | undefined;
}

const visits = counter("visits", { help: "Requests by color", labels: ["color"] });
const depth = gauge("depth", { help: "What was said last" });
const sizes = histogram("sizes", { help: "Sizes", buckets: [10, 100] });

/** What it returns is the answer; undefined forwards the request. */
type Action = (ctx: RequestContext, settings: Settings) => unknown;

const actions: Record<string, Action> = {
  "/swap"({ store, request }) {
    const key = request.queryArg("key") ?? "";
    let tries = 1;
    for (;;) {
      const value = store.get(key);
      if (store.compareAndSet(key, value, String(Number(value ?? 0) + 1))) return tries;
      tries++;
    }
  },
  "/read": ({ store, request }) => store.get(request.queryArg("key") ?? "") ?? "none",
  "/namespace": ({ store }) => store.namespace("common").increment("n", 1),
  "/own-key"({ store, request }) {
    // As a client may write it: %00common%00n.
    store.set(request.queryArg("key") ?? "", "own");
    return store.namespace("common").get("n") ?? "none";
  },
  "/ungranted": ({ store }) => store.namespace("private").set("n", "1"),
  "/shared"({ shared, request }) {
    shared.set("from", { path: request.path, list: [1, null] });
  },
  "/shared-too-much"({ shared }) {
    shared.set("big", "x".repeat(70_000));
  },
  "/secret": ({ secrets, request }) => secrets.get(request.queryArg("name") ?? "") ?? "none",
  "/digest": ({ request }) => {
    const text = request.queryArg("text") ?? "";
    const mac = hmac("SHA-512", "key", text, "base64url");
    return [digest("SHA-256", text, "hex"), mac, timingSafeEqual(mac, mac)];
  },
  "/verify": ({ request }, { jwk }) => {
    const key = JSON.parse(jwk) as { readonly kty: string };
    const token = request.header("authorization")?.slice("Bearer ".length) ?? "";
    return jwt.verify(token, key, { algorithms: ["RS256", "HS256"], issuer: "tests" });
  },
  "/verify-published": ({ request }, { published }) => {
    const token = request.header("authorization")?.slice("Bearer ".length) ?? "";
    return published?.verify(token, { algorithms: ["RS256"] });
  },
  "/sign": () => jwt.sign({ sub: "me" }, { secret: "a secret" }, { algorithm: "HS256" }),
  "/count"({ request }) {
    visits.increment({ color: request.queryArg("color") ?? "none" });
    depth.set(7);
    sizes.observe(50);
    return "counted";
  },
  "/count-many"({ request }) {
    const from = request.queryArg("from") ?? "";
    for (let n = 0; n < 300; n++) visits.increment({ color: `${from} ${n}` });
    return "counted";
  },
  async "/spans"({ trace, request }) {
    await trace.span("outer", async (span) => {
      span.set("path", request.path);
      await new Promise((resolve) => setTimeout(resolve, 1));
      span.span("inner", () => undefined);
    });
  },
  "/upstream": ({ upstream, request }) => upstream.choose(request.queryArg("name") ?? ""),
  "/target": ({ upstream, request }) => upstream.chooseTarget(request.queryArg("to") ?? ""),
  "/cookies"({ request, response }) {
    response.setCookie("seen", "yes, ü", { path: "/", httpOnly: true, sameSite: "Lax" });
    response.setCookie("other", "1", { maxAgeS: 60, secure: true });
    return [...request.cookies()];
  },
  "/log": ({ log }) => log.warn("with\r\nfields", { user: { name: "\u001b[31mü" }, level: 9 }),
  "/spam"({ log }) {
    for (let line = 0; line < 100_000; line++) log.info(`spam ${line}`);
  },
  "/http-error"() {
    throw new HttpError(402, "Pay first", { headers: { "X-Price": "5" } });
  },
  async "/http-error-later"() {
    await new Promise((resolve) => setTimeout(resolve, 1));
    throw new HttpError(418, "short and stout");
  },
};

const plugin: Plugin = definePlugin({
  name: "services",
  version: "1.0.0",
  priority: 60,
  config: s.object({ jwk: s.string().default("{}"), jwks_uri: s.string().optional() }),

  configure({ jwk, jwks_uri }): Settings {
    return { jwk, published: jwks_uri === undefined ? undefined : jwks(jwks_uri) };
  },

  async onRequest(ctx, settings) {
    const result: unknown = await actions[ctx.request.path]?.(ctx, settings);
    return result === undefined ? undefined : ctx.respond(200, { result });
  },

  onLog(ctx) {
    if (ctx.request.path !== "/spans") return;
    ctx.log.info("the trace", { trace: ctx.trace.record(), record: JSON.parse(ctx.record()) });
  },
});

export default plugin;
