// The same work over Extism's interface: a JSON text in, a JSON text out. The store's functions are replaced by ones
// that read Extism's input and set its output (see extism-io.wat).
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

interface Input {
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

const plugin: Plugin = definePlugin({
  name: "through-json",
  version: "1.0.0",
  priority: 1,
  config: s.object({}),

  onRequest(ctx) {
    // Written by the bench.
    const input = JSON.parse(ctx.store.get("input") ?? "{}") as Input;
    ctx.store.set("output", JSON.stringify(outputOf(input)));
  },
});

export default plugin;

function outputOf({ headers = [], body }: Input): unknown {
  if (body !== undefined) {
    if (body.charCodeAt(0) === 0) throw new Error("begins with NUL");
    return { body };
  }
  const seen = headers.find(([name]) => name === "x-api-key")?.[1] ?? "none";
  return { response: { headers: { set: [["X-Seen", seen]] } } };
}
