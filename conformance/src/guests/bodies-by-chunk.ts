// A policy that sees bodies piece by piece, both ways, and does with them what its config says.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { ChunkOutcome, Plugin } from "@sluice/plugin-sdk";

const action = s
  .enum(["pass", "upper", "double", "drop", "tail", "throw", "loop", "skip", "skip-rest"])
  .default("pass");

/** Chunks of the requests under way. */
const chunkCounts = new Map<string, number>();

/** ASCII letters alone, byte by byte: what is cut in two stays right. */
function upper(chunk: Uint8Array): Uint8Array {
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0;
    if (byte >= 0x61 && byte <= 0x7a) chunk[at] = byte - 0x20;
  }
  return chunk;
}

function double(chunk: Uint8Array): Uint8Array {
  const twice = new Uint8Array(2 * chunk.length);
  twice.set(chunk);
  twice.set(chunk, chunk.length);
  return twice;
}

function change(
  action: string,
  chunk: Uint8Array<ArrayBuffer>,
  isLast: boolean,
  body: { skipBody(): void },
): ChunkOutcome {
  switch (action) {
    case "upper":
      return upper(chunk);
    case "double":
      return double(chunk);
    case "drop":
      return "";
    case "tail":
      return isLast ? `${new TextDecoder().decode(chunk)}tail` : undefined;
    case "throw":
      throw new Error("thrown at a chunk");
    case "loop":
      for (;;);
    case "skip-rest":
      body.skipBody();
      return `[${new TextDecoder().decode(chunk)}]`;
    default:
      return undefined;
  }
}

const plugin: Plugin = definePlugin({
  name: "bodies-by-chunk",
  version: "1.0.0",
  priority: 50,
  config: s.object({ request: action, response: action }),

  onRequest(ctx, { request, response }) {
    if (request === "skip") ctx.request.skipBody();
    if (response === "skip") ctx.response.skipBody();
  },

  onRequestBody(ctx, chunk, isLast, { request }) {
    const { id } = ctx.request;
    chunkCounts.set(id, (chunkCounts.get(id) ?? 0) + 1);
    return change(request, chunk, isLast, ctx.request);
  },

  onResponse(ctx) {
    ctx.response.setHeader("x-chunks", String(chunkCounts.get(ctx.request.id) ?? 0));
  },

  onResponseBody: (ctx, chunk, isLast, { response }) =>
    change(response, chunk, isLast, ctx.response),

  onLog(ctx) {
    chunkCounts.delete(ctx.request.id);
  },
});

export default plugin;
