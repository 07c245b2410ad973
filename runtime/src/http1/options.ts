// OPTIONS requests that ask the gateway itself, and not what is behind it.
import { GatewayError } from "../errors.ts";
import type { Fields } from "./fields.ts";

/** The path of `OPTIONS *`, which is about a server as a whole (RFC 9110 §9.3.7). */
export const WHOLE_SERVER = "*";
const MAX_MAX_FORWARDS = 2 ** 31 - 1;

/** Whether the gateway has to answer; counts Max-Forwards down where it has not (RFC 9110 §7.6.2). */
export function asksGateway(path: string, fields: Fields): boolean {
  let isLast = path === WHOLE_SERVER;
  let isFirst = true;
  for (let at = 0; at < fields.length; at++) {
    if (fields.names[at]?.lower !== "max-forwards") continue;
    const value = fields.values[at] ?? "";
    if (!isFirst || !/^[0-9]+$/.test(value)) {
      throw new GatewayError("bad_request", "Max-Forwards is not one number");
    }
    isFirst = false;
    const left = Number(value);
    if (left === 0) isLast = true;
    else fields.setAt(at, String(Math.min(left - 1, MAX_MAX_FORWARDS)));
  }
  return isLast;
}
