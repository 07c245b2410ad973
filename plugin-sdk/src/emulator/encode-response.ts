// What the gateway does with a response that a plugin wants to be encoded.
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

import { SetMode } from "../abi.ts";
import type { Exchange } from "./exchange.ts";

type Coding = NonNullable<Exchange["coding"]>;

const ENCODERS: Readonly<Record<Coding, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
};

export function encodeResponse(exchange: Exchange, coding: Coding): void {
  const { responseFields } = exchange;
  responseFields.change("content-encoding", coding, SetMode.replace);
  responseFields.change("content-length", "", SetMode.remove);
  const [etag] = responseFields.all("etag");
  if (etag !== undefined && !etag.startsWith("W/")) {
    responseFields.change("etag", `W/${etag}`, SetMode.replace);
  }
  exchange.responseBody = Uint8Array.from(ENCODERS[coding](exchange.responseBody));
}
