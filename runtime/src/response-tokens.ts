// Headers that the gateway adds to responses about itself, each to be switched on or off (Kong's `headers`).
import type { Exchange } from "./exchange.ts";
import { VIA } from "./http1/write-response-head.ts";

/** The headers that are on. */
export type ResponseToken =
  | "Via"
  | "X-Kong-Proxy-Latency"
  | "X-Kong-Upstream-Latency"
  | "X-Kong-Response-Latency"
  | "X-Kong-Upstream-Status";

const LATENCIES: readonly ResponseToken[] = [
  "X-Kong-Proxy-Latency",
  "X-Kong-Upstream-Latency",
  "X-Kong-Response-Latency",
];
const HEADERS: readonly ResponseToken[] = ["Via", ...LATENCIES, "X-Kong-Upstream-Status"];

/** Kong's names for what they stand for, in lower case. */
const NAMES: ReadonlyMap<string, readonly ResponseToken[]> = new Map([
  ["off", []],
  ["server_tokens", ["Via"]],
  ["latency_tokens", LATENCIES],
  ...HEADERS.map((header) => [header.toLowerCase(), [header]] as const),
]);

/** What the names are, for whoever has misspelt one. */
export const RESPONSE_TOKEN_NAMES: string = ["server_tokens", "latency_tokens", ...HEADERS].join(
  ", ",
);

/** Of a list of names, or the first one that is none. */
export function parseResponseTokens(
  list: string,
):
  | { readonly kind: "tokens"; readonly tokens: ResponseTokens }
  | { readonly kind: "unknown"; readonly name: string } {
  const tokens = new Set<ResponseToken>();
  for (const name of list.split(",").map((each) => each.trim())) {
    const meant = NAMES.get(name.toLowerCase());
    if (meant === undefined) return { kind: "unknown", name };
    for (const token of meant) tokens.add(token);
  }
  return { kind: "tokens", tokens: [...tokens] };
}

/** Plain data. */
export type ResponseTokens = readonly ResponseToken[];

/** Via only: how fast the upstreams are is nobody's business unless the operator says so (T8). */
export const DEFAULT_RESPONSE_TOKENS: ResponseTokens = ["Via"];

/** What the responses on a connection say of the gateway. */
export interface ConnectionTokens {
  /** End of the head of every response. */
  readonly responseEnd: string;
  /** Those that differ from response to response. */
  readonly responseTokens: ResponseTokens;
}

export function connectionTokens(tokens: ResponseTokens): ConnectionTokens {
  return {
    responseEnd: tokens.includes("Via") ? `Via: ${VIA}\r\n\r\n` : "\r\n",
    responseTokens: tokens.filter((token) => token !== "Via"),
  };
}

/** As Kong: proxy and upstream latency with an upstream's response, response latency with any other. Whole ms. */
export function addTokens(exchange: Exchange, upstreamStatus: number): void {
  const { startedAtMs, forwardedAtMs, upstreamHeadAtMs, responseFields: fields } = exchange;
  const isUpstreams = exchange.responseSource === "upstream";
  for (const token of exchange.connection.responseTokens) {
    switch (token) {
      case "Via":
        break;
      case "X-Kong-Proxy-Latency":
        if (isUpstreams) fields.set(token, ms(forwardedAtMs - startedAtMs));
        break;
      case "X-Kong-Upstream-Latency":
        if (isUpstreams) fields.set(token, ms(upstreamHeadAtMs - forwardedAtMs));
        break;
      case "X-Kong-Response-Latency":
        if (!isUpstreams) fields.set(token, ms(performance.now() - startedAtMs));
        break;
      case "X-Kong-Upstream-Status":
        if (isUpstreams) fields.set(token, String(upstreamStatus));
    }
  }
}

function ms(duration: number): string {
  return String(Math.max(0, Math.round(duration)));
}
