// Which protocols a client may change to, and whether an upstream's 101 chose one of them (RFC 9110 §7.8).
import type { Fields } from "./fields.ts";

// What follows would be HTTP requests again, which nobody routes and no policy sees (H23).
const NEVER_OFFERED = new Set(["h2c", "h2", "http", "tls"]);

const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/;

/** What the upstream is offered: the client's Upgrade without what would carry HTTP; undefined when nothing is left. */
export function offeredProtocols(fields: Fields): string | undefined {
  const offered = protocols(fields).filter((each) => !NEVER_OFFERED.has(nameOf(each)));
  return offered.length === 0 ? undefined : offered.join(", ");
}

/** What a 101 switches to: each of its protocols must have been offered; undefined when it is not so. */
export function chosenProtocols(fields: Fields, offered: string): string | undefined {
  const chosen = protocols(fields);
  const allowed = new Set(offered.toLowerCase().split(", "));
  if (chosen.length === 0 || !chosen.every((each) => allowed.has(each.toLowerCase()))) {
    return undefined;
  }
  return chosen.join(", ");
}

function protocols(fields: Fields): string[] {
  return fields
    .all("upgrade")
    .flatMap((value) => value.split(","))
    .map((protocol) => protocol.trim())
    .filter((protocol) => PROTOCOL.test(protocol));
}

/** The name without its version, as in `TLS/1.0`. */
function nameOf(protocol: string): string {
  return protocol.split("/", 1)[0]?.toLowerCase() ?? "";
}
