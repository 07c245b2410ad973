// The requests that every phase of a plugin is tried with.
import type { ClientRequest } from "../emulator/exchange.ts";
import { SAMPLE_BASIC, SAMPLE_BEARER } from "./sample-client.ts";

export interface SampleRequest {
  readonly what: string;
  readonly request: ClientRequest;
  /** A plugin before this one has said that it is the consumer's. */
  readonly isKnown?: boolean;
  /** Of the response, for the phases that have one. */
  readonly status: number;
  readonly responseHeaders: readonly (readonly [string, string])[];
}

const ALL_BYTES: string = String.fromCharCode(
  ...Array.from({ length: 256 }, (_, code) => code).filter(
    (code) => code === 9 || (code >= 32 && code !== 127),
  ),
);

const PLAIN_HEADERS: readonly (readonly [string, string])[] = [
  ["host", "example.com"],
  ["accept", "*/*"],
  // What a key is in a sampleConfig.
  ["x-api-key", "x"],
];

export const SAMPLE_REQUESTS: readonly SampleRequest[] = [
  sample("a plain GET", {
    headers: [...PLAIN_HEADERS],
  }),
  sample("no headers", {}),
  sample("500 headers", { headers: Array.from({ length: 500 }, (_, at) => [`x-${at}`, `v${at}`]) }),
  sample("one name 200 times", {
    headers: Array.from({ length: 200 }, (_, at) => ["cookie", `c=${at}`]),
  }),
  sample("values of 16 KiB", {
    headers: ["authorization", "cookie", "x-api-key"].map((name) => [name, "v".repeat(16_384)]),
  }),
  sample("every byte that a value may have", {
    headers: ["authorization", "x-api-key", "x-bytes"].map((name) => [name, ALL_BYTES]),
  }),
  sample("empty values", {
    headers: [
      ["x-api-key", ""],
      ["authorization", ""],
      ["cookie", ""],
    ],
  }),
  sample("names that objects inherit", {
    path: "/__proto__?constructor=1&__proto__=2&toString",
    headers: [
      ["__proto__", "1"],
      ["constructor", "2"],
      ["hasownproperty", "3"],
    ],
  }),
  sample("a path of 8 KiB", { path: `/${"p".repeat(8_191)}` }),
  sample("a query of 8 KiB", { path: `/?${"a=b&".repeat(2_048)}` }),
  sample("a query that is hardly one", { path: "/?%zz&=&&a==&%00=%ff&+=+&%F0%9F%98%80=x" }),
  sample("POST with a body", {
    method: "POST",
    headers: [["content-type", "application/json"]],
    body: '{"a":1}',
  }),
  sample("OPTIONS", { method: "OPTIONS", headers: [["origin", "https://example.com"]] }),
  sample("a method that nobody knows", { method: "X-ODD.METHOD" }),
  sample("an error from the upstream", {}, 503),
  sample("a response without a body", {}, 204),
  sample("a response with all kinds of headers", {}, 200, [
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-bytes", ALL_BYTES],
    ["x-empty", ""],
    ["etag", "v".repeat(16_384)],
  ]),
];

/** Differ from a plain GET, and from each other, in one thing only. */
export const ALIKE_REQUESTS: readonly SampleRequest[] = [
  alike("of another client", { clientAddress: "192.0.2.2" }),
  alike("of another page", { path: "/other?page=2" }),
  alike("with a key", {}, ["apikey", "x"]),
  alike("with another key", {}, ["apikey", "y"]),
  alike("with a password", {}, ["authorization", SAMPLE_BASIC]),
  alike("with a token", {}, ["authorization", SAMPLE_BEARER]),
  { ...alike("of a known consumer"), isKnown: true },
  { ...alike("that finds nothing"), status: 404 },
];

function alike(
  what: string,
  request: ClientRequest = {},
  ...headers: readonly (readonly [string, string])[]
): SampleRequest {
  return sample(`a plain GET ${what}`, { ...request, headers: [...PLAIN_HEADERS, ...headers] });
}

function sample(
  what: string,
  request: ClientRequest,
  status = 200,
  responseHeaders: SampleRequest["responseHeaders"] = [["content-type", "text/plain"]],
): SampleRequest {
  return { what, request, status, responseHeaders };
}
