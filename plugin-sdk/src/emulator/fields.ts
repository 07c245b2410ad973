// The header fields of one message, and the gateway's rules on which of them a plugin may set.
import { Fault, SetMode } from "../abi.ts";
import { isGatewayHeader } from "../gateway-headers.ts";
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

/** What a plugin that may name consumers says of the client. */
const IDENTITY_NAME = /^x-(?:consumer-groups$|authenticated-|credential-(?!identifier$))/i;

/** Why a plugin may not set this field, as a Fault; 0 when it may. */
export function refusalOf(name: string, value: string, mayIdentify: boolean = false): number {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return Fault.badValue;
  const isIdentity = mayIdentify && IDENTITY_NAME.test(name);
  if (isGatewayHeader(name) && !isIdentity) return Fault.denied;
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return Fault.badValue;
  return value.length > MAX_VALUE_BYTES ? Fault.limit : 0;
}
