// From a parsed status line and field section to a response that may go to the client.
import type { Exchange } from "../exchange.ts";
import type { Fields } from "./fields.ts";
import { TUNNEL, dropNominated, readControls, responseFraming } from "./framing.ts";
import type { Framing } from "./framing.ts";
import type { StatusLine } from "./status-line.ts";
import { chosenProtocols } from "./upgrade.ts";

export interface ReadResponse {
  readonly framing: Framing;
  readonly isPersistent: boolean;
}

/** Makes a final head the exchange's response; undefined when its end cannot be trusted. */
export function readResponse(
  exchange: Exchange,
  line: StatusLine,
  fields: Fields,
): ReadResponse | undefined {
  const controls = readControls(fields, line.minorVersion);
  if (controls === undefined) return undefined;
  dropNominated(fields, controls);
  const framing = responseFraming(controls, line.status, exchange.method);
  setResponse(exchange, line, fields, framing);
  const { wantsClose, wantsKeepAlive } = controls;
  const mayPersist = line.minorVersion === 1 || wantsKeepAlive;
  return { framing, isPersistent: framing.kind !== "close" && mayPersist && !wantsClose };
}

/**
 * The same for a 101; gives the protocol. Undefined when it was not offered: the first byte of a tunnel that nobody
 * asked for would be taken for a response (H22, U6).
 */
export function readSwitch(
  exchange: Exchange,
  line: StatusLine,
  fields: Fields,
): string | undefined {
  if (exchange.upgrade === undefined) return undefined;
  const protocol = chosenProtocols(fields, exchange.upgrade);
  const controls = readControls(fields, line.minorVersion);
  if (protocol === undefined || controls === undefined) return undefined;
  dropNominated(fields, controls);
  setResponse(exchange, line, fields, TUNNEL);
  return protocol;
}

function setResponse(exchange: Exchange, line: StatusLine, fields: Fields, framing: Framing): void {
  exchange.status = line.status;
  exchange.reason = line.reason;
  exchange.responseFields = fields;
  exchange.responseFraming = framing;
}
