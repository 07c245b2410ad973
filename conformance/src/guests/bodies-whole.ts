// A policy that reads and replaces whole bodies, as its config says.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { MutableBody, Plugin } from "@sluice/plugin-sdk";

const action = s.enum(["none", "read", "rewrite", "set", "empty", "catch"]).default("none");

/** What is told of the body, if anything. */
async function act(action: string, body: MutableBody, maxBytes: number): Promise<string> {
  switch (action) {
    case "read":
      return String((await body.bytes({ maxBytes })).length);
    case "rewrite": {
      const text = await body.text({ maxBytes });
      body.setBody(`<${text}>`);
      return text.slice(0, 20);
    }
    case "set":
      body.setBody("set by the policy");
      return "set";
    case "empty":
      body.setBody("");
      return "emptied";
    case "catch":
      return body.text({ maxBytes }).then(
        () => "read",
        (error: Error) => error.name,
      );
    default:
      return "";
  }
}

const plugin: Plugin = definePlugin({
  name: "bodies-whole",
  version: "1.0.0",
  priority: 60,
  config: s.object({
    request: action,
    response: action,
    max_bytes: s.integer().default(1_048_576),
    respond: s.boolean().default(false),
    method: s.string().optional(),
  }),

  async onRequest(ctx, { request, max_bytes, respond, method }) {
    const told = await act(request, ctx.request, max_bytes);
    if (told !== "") ctx.request.setHeader("x-request-body", told);
    if (method !== undefined) ctx.request.method = method;
    if (respond) return ctx.respond(200, Uint8Array.of(0, 200, 13, 10), { "X-Told": told });
    return undefined;
  },

  async onResponse(ctx, { response, max_bytes }) {
    const told = await act(response, ctx.response, max_bytes);
    if (told !== "") ctx.response.setHeader("x-response-body", told);
  },
});

export default plugin;
