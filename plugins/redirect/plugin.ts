// Answers with a redirect, as Kong's redirect does.
import { definePlugin, s } from "@sluice/plugin-sdk";

const config = s.object({
  status_code: s.integer().min(200).max(599).default(301),
  location: s
    .string()
    .pattern(/^https?:\/\/[\x21\x24-\x2e\x30-\x3e\x40-\x7e]+([/?#][\x21-\x7e]*)?$/),
  keep_incoming_path: s
    .boolean()
    .default(false)
    .describe("Path and query of the request take the place of the location's."),
});

export default definePlugin({
  name: "redirect",
  version: "1.0.0",
  priority: 779,
  config,

  configure({ status_code, location, keep_incoming_path }) {
    const [origin = location] = /^https?:\/\/[^/?#]+/.exec(location) ?? [];
    return { status_code, location, origin, keep_incoming_path };
  },

  onRequest(ctx, { status_code, location, origin, keep_incoming_path }) {
    const { path, query } = ctx.request;
    const kept = query === "" ? path : `${path}?${query}`;
    const target = keep_incoming_path ? origin + kept : location;
    return ctx.respond(status_code, "redirecting", { Location: target });
  },
});
