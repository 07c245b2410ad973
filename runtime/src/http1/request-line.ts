// The request line (RFC 9112 §3): method, target and version, and what may stand in them.
import { GatewayError } from "../errors.ts";
import { TARGET_CHARACTERS, TOKEN_CHARACTERS, consistsOf } from "./characters.ts";
import type { HeadFault, StartLine } from "./head-parser.ts";

// The methods of the IANA registry that a gateway forwards, and PURGE, which caches made common.
// Anything else is 501: an upstream that guesses at unknown methods is how requests are smuggled.
const METHODS = new Set(
  (
    "GET HEAD POST PUT DELETE PATCH OPTIONS QUERY PURGE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK " +
    "LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH REBIND " +
    "REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL"
  ).split(" "),
);

/** Value of Allow for the gateway as a whole (RFC 9110 §10.2.1). */
export const ALLOWED_METHODS: string = [...METHODS].join(", ");

export class RequestLine implements StartLine {
  method = "";
  /** As it stands in the request line: origin-form, absolute-form or `*`. */
  target = "";
  /** Minor version of HTTP/1. */
  minorVersion = 1;

  read(text: string, start: number, end: number): HeadFault | undefined {
    const methodEnd = text.indexOf(" ", start);
    if (methodEnd <= start || methodEnd > end) return "malformed";
    const targetEnd = text.indexOf(" ", methodEnd + 1);
    if (targetEnd <= methodEnd + 1 || targetEnd > end) return "malformed";
    const version = text.slice(targetEnd + 1, end);
    if (version === "HTTP/1.1") this.minorVersion = 1;
    else if (version === "HTTP/1.0") this.minorVersion = 0;
    else return versionFault(version);
    this.method = text.slice(start, methodEnd);
    this.target = text.slice(methodEnd + 1, targetEnd);
    if (!METHODS.has(this.method)) return methodFault(this.method);
    return consistsOf(this.target, TARGET_CHARACTERS) ? undefined : "malformed";
  }
}

function versionFault(version: string): HeadFault {
  return /^HTTP\/[0-9]\.[0-9]$/.test(version)
    ? new GatewayError("version_unsupported", `${version} was asked for, HTTP/1.1 is spoken`)
    : "malformed";
}

function methodFault(method: string): HeadFault {
  if (!consistsOf(method, TOKEN_CHARACTERS)) return "malformed";
  return method === "CONNECT" || method === "TRACE"
    ? new GatewayError("method_not_allowed", `${method} is not forwarded`)
    : new GatewayError("method_unknown", "the method is not one of the registered ones");
}
