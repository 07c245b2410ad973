// The header fields of one message, and the gateway's rules on which of them a plugin may set.
import { Fault, SetMode } from "../abi.ts";
import type { FieldsInit } from "../testing/fake-fields.ts";

export type FieldPair = readonly [name: string, value: string];

/** In one head. */
export const MAX_FIELDS = 512;
const MAX_VALUE_BYTES = 16_384;

export class FieldList {
  #pairs: FieldPair[];

  constructor(init: FieldsInit = []) {
    this.#pairs = Array.isArray(init) ? [...init] : Object.entries(init);
  }

  get pairs(): readonly FieldPair[] {
    return this.#pairs;
  }

  all(name: string): string[] {
    return this.#pairs.filter((pair) => isNamed(pair, name)).map(([, value]) => value);
  }

  /** Distinct, in lower case. */
  names(): string[] {
    return [...new Set(this.#pairs.map(([name]) => name.toLowerCase()))];
  }

  /** `mode` is one of the ABI's SetMode. */
  change(name: string, value: string, mode: number): void {
    if (mode !== SetMode.add) this.#pairs = this.#pairs.filter((pair) => !isNamed(pair, name));
    if (mode !== SetMode.remove) this.#pairs.push([name, value]);
  }

  set(name: string, value: string | undefined): void {
    this.change(name, value ?? "", value === undefined ? SetMode.remove : SetMode.replace);
  }
}

function isNamed([name]: FieldPair, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

// RFC 9110 §7.6.1 and what frames a message: the gateway's own in both directions.
const GATEWAY_NAMES: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-anonymous-consumer",
  "x-real-ip",
]);
const GATEWAY_PREFIXES = ["x-forwarded-", "x-consumer-", "x-credential-", "x-authenticated-"];

/** What a plugin that may name consumers says of the client. */
const IDENTITY_NAME = /^x-(?:consumer-groups$|authenticated-|credential-(?!identifier$))/i;

/** Why a plugin may not set this field, as a Fault; 0 when it may. */
export function refusalOf(name: string, value: string, mayIdentify: boolean = false): number {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return Fault.badValue;
  // A backend may read `x_consumer_id` like `x-consumer-id`.
  const dashed = name.toLowerCase().replaceAll("_", "-");
  const isGateways =
    GATEWAY_NAMES.has(dashed) || GATEWAY_PREFIXES.some((p) => dashed.startsWith(p));
  if (isGateways && !(mayIdentify && IDENTITY_NAME.test(name))) return Fault.denied;
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return Fault.badValue;
  return value.length > MAX_VALUE_BYTES ? Fault.limit : 0;
}
