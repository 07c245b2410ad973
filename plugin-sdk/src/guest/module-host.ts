// Opens the way from what modules import to the host, before any of them runs.
import type { FetchInit, FetchResponse } from "../fetch-types.ts";
import { setModuleHost } from "../module-host.ts";
import { fetchFor } from "./fetch.ts";
import type { HostLogContext } from "./contexts.ts";
import {
  bytesEqual,
  digest,
  hmac,
  jwtSign,
  jwtVerify,
  metricRecord,
  quotaOpen,
  redisOpen,
  sinkAppend,
  sinkAppendRecord,
  sinkOpen,
} from "./native.ts";
import { callRedis } from "./redis.ts";

/** Handle of none. */
const NO_REQUEST = 0;

function fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse> {
  return fetchFor(NO_REQUEST, url, init);
}

setModuleHost({
  digest,
  hmac,
  bytesEqual,
  jwtVerify,
  jwtSign,
  metricRecord,
  fetch,
  redisOpen,
  redisCall: callRedis,
  quotaOpen,
  sinkOpen,
  sinkAppend: (sink, data) => sinkAppend(NO_REQUEST, sink, data),
  // In the gateway every context has its request's handle.
  sinkAppendRecord: (ctx, sink) => sinkAppendRecord((ctx as HostLogContext).requestHandle, sink),
});
