// Opens the way from what modules import to the host, before any of them runs.
import type { FetchInit, FetchResponse } from "../fetch-types.ts";
import { setModuleHost } from "../module-host.ts";
import { fetchFor } from "./fetch.ts";
import { bytesEqual, digest, hmac, jwtSign, jwtVerify, metricRecord } from "./native.ts";

/** Handle of none. */
const NO_REQUEST = 0;

function fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse> {
  return fetchFor(NO_REQUEST, url, init);
}

setModuleHost({ digest, hmac, bytesEqual, jwtVerify, jwtSign, metricRecord, fetch });
