// The response as handlers see it.
import { ContentCoding, Fault, NumberProperty } from "../abi.ts";
import type { ContentCodingName, MutableResponse } from "../context.ts";
import { formatCookie } from "../cookies.ts";
import type { CookieAttributes } from "../cookies.ts";
import { check } from "./faults.ts";
import { ResponseFields } from "./fields.ts";
import { numberGet, numberSet, responseEncode } from "./native.ts";

export abstract class HostResponse extends ResponseFields implements MutableResponse {
  get status(): number {
    return numberGet(this.requestHandle, STATUS) ?? 0;
  }

  set status(value: number) {
    check(numberSet(this.requestHandle, STATUS, checkedStatus(value)), `status ${value}`);
  }

  setCookie(name: string, value: string, attributes: CookieAttributes = {}): void {
    this.addHeader("set-cookie", formatCookie(name, value, attributes));
  }

  encodeBody(coding: ContentCodingName, level?: number): boolean {
    const number = ContentCoding[coding];
    const result = responseEncode(this.requestHandle, number, level ?? USUAL_LEVEL);
    if (result === Fault.absent) return false;
    check(result, `${coding} of level ${level ?? "default"}`);
    return true;
  }
}

const USUAL_LEVEL = -1;
const STATUS = NumberProperty.status;

/** Throws a RangeError unless it is a whole number from 200 to 599: a final answer. */
export function checkedStatus(status: number): number {
  // As an int, which is how the engine passes it on: JSON.parse makes doubles of the numbers in configs.
  if (status >= 200 && status <= 599 && Number.isInteger(status)) return status | 0;
  throw new RangeError(`A status is a whole number from 200 to 599, not ${status}`);
}
