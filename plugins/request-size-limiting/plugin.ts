// Refuses requests whose body is too large, as Kong's request-size-limiting does.
import { definePlugin, HttpError, s } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

const config = s.object({
  allowed_payload_size: s.integer().min(0).default(128),
  size_unit: s.enum(["megabytes", "kilobytes", "bytes"]).default("megabytes"),
  require_content_length: s
    .boolean()
    .default(false)
    .describe("Refuses requests that do not say how long their body is."),
});

const BYTES = { megabytes: 1_048_576, kilobytes: 1024, bytes: 1 } as const;

const TOO_LARGE = "Request size limit exceeded";

export default definePlugin({
  name: "request-size-limiting",
  version: "1.0.0",
  priority: 951,
  config,

  configure({ allowed_payload_size, size_unit, require_content_length }) {
    return {
      maxBytes: allowed_payload_size * BYTES[size_unit],
      require_content_length,
      /** What has come so far of the bodies that do not say how long they are, by request. */
      counted: new Map<string, number>(),
    };
  },

  onRequest(ctx, { maxBytes, require_content_length }) {
    const length = ctx.request.header("content-length");
    if (length === undefined) {
      if (!require_content_length) return ctx.remember();
      return ctx.error(411, "A valid Content-Length header is required");
    }
    // The gateway has checked that it is a number, and counts the bytes itself.
    ctx.request.skipBody();
    if (Number(length) <= maxBytes) return;
    return refuse(ctx);
  },

  onRequestBody(ctx, chunk, isLast, { maxBytes, counted }) {
    const { id } = ctx.request;
    const bytes = (counted.get(id) ?? 0) + chunk.length;
    if (bytes > maxBytes) throw new HttpError(413, TOO_LARGE);
    if (isLast) counted.delete(id);
    else counted.set(id, bytes);
  },

  onLog(ctx, { counted }) {
    if (counted.size > 0) counted.delete(ctx.request.id);
  },
});

/** RFC 9110 section 10.1.1: who asked whether to send the body hears that it need not. */
function refuse(ctx: RequestContext): ReturnType<RequestContext["error"]> {
  const expects = ctx.request.header("expect")?.trim().toLowerCase() === "100-continue";
  return ctx.error(expects ? 417 : 413, TOO_LARGE);
}
