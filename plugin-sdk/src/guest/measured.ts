// How long a request took and how large it was.
import { NumberProperty } from "../abi.ts";
import type { Measured } from "../context.ts";
import { numberGet } from "./native.ts";

export abstract class HostMeasured implements Measured {
  declare readonly requestHandle: number;

  get requestBytes(): number {
    return numberGet(this.requestHandle, REQUEST_BYTES) ?? 0;
  }

  get responseBytes(): number {
    return numberGet(this.requestHandle, RESPONSE_BYTES) ?? 0;
  }

  get requestMs(): number {
    return numberGet(this.requestHandle, REQUEST_MS) ?? 0;
  }

  get upstreamMs(): number | undefined {
    return numberGet(this.requestHandle, UPSTREAM_MS);
  }

  get gatewayMs(): number {
    return numberGet(this.requestHandle, GATEWAY_MS) ?? 0;
  }

  get answeredBy(): Measured["answeredBy"] {
    return SOURCES[numberGet(this.requestHandle, ANSWERED_BY) ?? 2] ?? "gateway";
  }
}

const REQUEST_BYTES = NumberProperty.requestBytes;
const RESPONSE_BYTES = NumberProperty.responseBytes;
const REQUEST_MS = NumberProperty.requestMs;
const UPSTREAM_MS = NumberProperty.upstreamMs;
const GATEWAY_MS = NumberProperty.gatewayMs;
const ANSWERED_BY = NumberProperty.answeredBy;
const SOURCES = ["upstream", "plugin", "gateway"] as const;
