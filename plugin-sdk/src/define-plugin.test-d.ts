// Checked by tsc alone: each line under a @ts-expect-error is a mistake that an author must see in the editor, and
// tsc fails when it no longer is one.
import { ConfigError, definePlugin, s } from "./index.ts";
import type { ConfigInput, Infer, InferInput, StandardConfigSchema } from "./index.ts";

const config = s.object({
  host: s.string(),
  port: s.integer().default(80),
  path: s.string().optional(),
  mode: s.enum(["fast", "safe"]).default("safe"),
  names: s.array(s.string()).default(["a"]),
  nested: s.object({ size: s.integer().default(1) }).default({}),
  weights: s.record(s.number()).optional(),
});

type IsSame<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function assertSame<A, B>(isSame: IsSame<A, B>): void;

// What handlers see: only fields without default may be undefined.
assertSame<
  Infer<typeof config>,
  {
    readonly host: string;
    readonly port: number;
    readonly mode: "fast" | "safe";
    readonly names: readonly string[];
    readonly nested: { readonly size: number };
    readonly path?: string | undefined;
    readonly weights?: Readonly<Record<string, number>> | undefined;
  }
>(true);

// What a config may say: only `host` must be there.
assertSame<
  InferInput<typeof config>,
  {
    readonly host: string;
    readonly port?: number;
    readonly mode?: "fast" | "safe";
    readonly names?: readonly string[];
    readonly nested?: { readonly size?: number };
    readonly path?: string;
    readonly weights?: Readonly<Record<string, number>>;
  }
>(true);

const base = { name: "example", version: "1.0.0", priority: 1, config };

const plugin = definePlugin({ ...base, onRequest() {} });
assertSame<ConfigInput<typeof plugin>, InferInput<typeof config>>(true);

// Schemas
s.string().default("a");
// @ts-expect-error -- a default has the type of its field
s.string().default(1);
// @ts-expect-error -- a default is one of the values
s.enum(["a", "b"]).default("c");
// @ts-expect-error -- a field with a default is never absent, so it cannot be optional as well
s.string().default("a").optional();
// @ts-expect-error -- only strings name credentials
s.integer().namesCredential();
// @ts-expect-error -- a nested default has the fields of its object
s.object({ size: s.integer() }).default({ sise: 1 });
// @ts-expect-error -- an enum without values allows nothing
s.enum([]);

// A value of one of several kinds
const choice = s.union([s.literal("off"), s.object({ size: s.integer().default(1) })]);
assertSame<Infer<typeof choice>, "off" | { readonly size: number }>(true);
assertSame<InferInput<typeof choice>, "off" | { readonly size?: number }>(true);
// @ts-expect-error -- one alternative is no choice
s.union([s.string()]);
// @ts-expect-error -- there is no such field
s.object({ a: s.string() }).atLeastOneOf("b");

// A schema of another library
declare const standard: StandardConfigSchema<{ port?: string }, { port: number }>;
const standardPlugin = definePlugin({
  ...base,
  config: standard,
  configure: ({ port }) => port,
  onRequest(_ctx, port) {
    assertSame<typeof port, number>(true);
  },
});
assertSame<ConfigInput<typeof standardPlugin>, { port?: string }>(true);

// Handlers
definePlugin({
  ...base,
  onRequest(ctx, settings) {
    ctx.log.info(settings.host);
    // @ts-expect-error -- an optional field may be undefined
    ctx.log.info(settings.path);
    // @ts-expect-error -- there is no such field
    ctx.log.info(settings.prot);
    // @ts-expect-error -- port is a number
    ctx.log.info(settings.port);
    // @ts-expect-error -- config is read-only
    settings.port = 1;
    // @ts-expect-error -- header values are strings
    ctx.request.setHeader("x-count", 1);
    // @ts-expect-error -- the request's id is the gateway's
    ctx.request.id = "mine";
    // @ts-expect-error -- there is no response to read before the upstream answered
    ctx.response.header("content-type");
    // @ts-expect-error -- a found credential authenticates, a key does not
    ctx.consumers.authenticate("key");
  },
  onResponse(ctx) {
    ctx.response.status = 204;
    // @ts-expect-error -- the request has been sent
    ctx.request.setHeader("x-late", "1");
    // @ts-expect-error -- it is too late for another answer
    ctx.respond(403);
  },
  onLog(ctx) {
    ctx.appendLine("a.log", ctx.record());
    // @ts-expect-error -- the response has been sent
    ctx.response.setHeader("x-late", "1");
  },
});

// What handlers return
definePlugin({ ...base, onRequest: (ctx) => ctx.error(403, "No") });
definePlugin({ ...base, onRequest: async (ctx) => ctx.respond(200, { isFine: true }) });
definePlugin({
  ...base,
  onRequest(ctx, { host }) {
    if (host === "") return ctx.error(500, "No host");
    return;
  },
});
// @ts-expect-error -- an answer comes from ctx.respond or ctx.error
definePlugin({ ...base, onRequest: () => ({ status: 403 }) });
// @ts-expect-error -- a boolean says nothing
definePlugin({ ...base, onRequest: () => true });
// @ts-expect-error -- onResponse cannot answer
definePlugin({ ...base, onResponse: () => 204 });

// configure
definePlugin({
  ...base,
  configure(settings, entry) {
    if (settings.port > 1024) throw new ConfigError("must be at most 1024", "port");
    return { address: `${settings.host}:${settings.port}`, entryId: entry.id };
  },
  onRequest(ctx, { address, entryId }) {
    ctx.request.setHeader("x-address", address + entryId);
  },
  // @ts-expect-error -- handlers get what configure returned, not the config
  onLog(ctx, { port }) {
    ctx.log.info(String(port));
  },
});
definePlugin({
  ...base,
  configure(settings) {
    if (settings.port > 1024) throw new ConfigError("must be at most 1024", "port");
  },
  onRequest(ctx, settings) {
    ctx.log.info(settings.host);
  },
});

// The definition itself
// @ts-expect-error -- config is a schema
definePlugin({ ...base, config: { host: "a" }, onRequest() {} });
// @ts-expect-error -- config is an object with fields
definePlugin({ ...base, config: s.string(), onRequest() {} });
// @ts-expect-error -- there is no such handler
definePlugin({ ...base, onRequest() {}, onReply() {} });
// @ts-expect-error -- priority is a number
definePlugin({ ...base, priority: "high", onRequest() {} });

definePlugin({
  name: "bodies",
  version: "1.0.0",
  priority: 1,
  config,
  configure: () => ({ word: "a" }),
  async onRequest(ctx) {
    const body: unknown = await ctx.request.json({ maxBytes: 10 });
    ctx.request.setBody(JSON.stringify(body));
    ctx.response.skipBody();
    // @ts-expect-error -- there is no response yet
    await ctx.response.text();
  },
  onRequestBody(ctx, chunk, isLast, { word }) {
    assertSame<typeof isLast, boolean>(true);
    assertSame<typeof word, string>(true);
    // @ts-expect-error -- the head is on its way already
    ctx.request.setHeader("x-a", "1");
    return isLast ? chunk.subarray(1) : word;
  },
  // @ts-expect-error -- a chunk cannot wait
  onResponseBody: async () => "later",
});
