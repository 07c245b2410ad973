// Compresses responses for clients that accept it.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { ContentCodingName, MutableResponse } from "@sluice/plugin-sdk";

import { chooseCoding } from "./accept-encoding.ts";

/** What has much to gain. Pictures, films and archives are compressed already. */
const TYPES = [
  "text/css",
  "text/csv",
  "text/event-stream",
  "text/html",
  "text/javascript",
  "text/markdown",
  "text/plain",
  "text/xml",
  "application/graphql-response+json",
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/problem+json",
  "application/rss+xml",
  "application/wasm",
  "application/x-ndjson",
  "application/xhtml+xml",
  "application/xml",
  "image/svg+xml",
];

const mediaType = s.string().pattern(/^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+$/);

const config = s.object({
  encodings: s
    .array(s.enum(["br", "gzip", "deflate"]))
    .nonEmpty()
    .unique()
    .default(["br", "gzip"])
    .describe("The first one counts where a client likes several as much."),
  types: s.union([s.literal("*"), s.array(mediaType).nonEmpty()]).default(TYPES),
  excluded_content_types: s.array(mediaType).default([]),
  min_length: s.integer().min(1).default(1024).describe("Of a body whose length is known, bytes."),
  comp_level: s
    .object({
      gzip: s.integer().min(1).max(9).optional(),
      deflate: s.integer().min(1).max(9).optional(),
      br: s.integer().min(0).max(11).optional(),
    })
    .default({}),
});

interface Settings {
  readonly encodings: readonly ContentCodingName[];
  /** Undefined for all. */
  readonly included: ReadonlySet<string> | undefined;
  readonly excluded: ReadonlySet<string>;
  readonly minLength: number;
  readonly levels: Readonly<Partial<Record<ContentCodingName, number | undefined>>>;
}

export default definePlugin({
  name: "compression",
  version: "1.0.0",
  // Behind what changes or keeps responses, so that it decides about what the client gets.
  priority: 60,
  config,

  configure({ encodings, types, excluded_content_types, min_length, comp_level }): Settings {
    const lower = (list: readonly string[]): Set<string> =>
      new Set(list.map((type) => type.toLowerCase()));
    return {
      encodings,
      included: types === "*" ? undefined : lower(types),
      excluded: lower(excluded_content_types),
      minLength: min_length,
      levels: comp_level,
    };
  },

  onResponse({ request, response }, settings) {
    if (!isWorthIt(response, settings)) return;
    vary(response);
    const accepted = request.headers("accept-encoding").join(",");
    if (accepted === "" || request.httpVersion === "1.0") return;
    const coding = chooseCoding(accepted, settings.encodings);
    if (coding !== undefined) response.encodeBody(coding, settings.levels[coding]);
  },
});

function isWorthIt(
  response: MutableResponse,
  { included, excluded, minLength }: Settings,
): boolean {
  const type = response.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (included?.has(type) === false || excluded.has(type)) return false;
  const length = response.header("content-length");
  return length === undefined || Number(length) >= minLength;
}

/** Also where this client gets the plain body: a cache must not give it to others, nor theirs to it. */
function vary(response: MutableResponse): void {
  const isSaid = response
    .headers("vary")
    .some((value) => /(?:^|[\s,])(?:\*|accept-encoding)(?:$|[\s,])/i.test(value));
  if (!isSaid) response.addHeader("Vary", "Accept-Encoding");
}
