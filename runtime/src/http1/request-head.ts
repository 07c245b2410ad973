// From a parsed request line and field section to a request that may be routed: target form, Host, path, framing.
import { GatewayError } from "../errors.ts";
import type { RequestHead } from "../exchange.ts";
import { newRequestId } from "../request-id.ts";
import { canonicalPath, isPlainPath } from "../routing/path.ts";
import { FieldRole } from "./field-name.ts";
import type { Fields } from "./fields.ts";
import { dropNominated, readControls, requestFraming } from "./framing.ts";
import type { Controls } from "./framing.ts";
import type { HeadFault } from "./head-parser.ts";
import { offeredProtocols } from "./upgrade.ts";
import { WHOLE_SERVER, asksGateway } from "./options.ts";
import type { RequestLine } from "./request-line.ts";

/** The error that a faulty head is answered with. */
export function faultError(fault: HeadFault): GatewayError {
  switch (fault) {
    case "malformed":
      return new GatewayError("bad_request", "the head is malformed");
    case "start_line_too_long":
      return new GatewayError("target_too_long", "the request line is over the limit");
    case "fields_too_large":
      return new GatewayError("head_too_large", "the header section is over the limit");
    default:
      return fault;
  }
}

export interface ReadRequest {
  readonly head: RequestHead;
  readonly isPersistent: boolean;
  /** The client waits for 100 (Continue) before it sends the body. */
  readonly expectsContinue: boolean;
}

// A host name or address and a port; RFC 3986 allows more, and every character more has been an attack (H14).
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?$/;
const PORT = /:[0-9]{1,5}$/;

/** Throws a GatewayError when the request must not be forwarded. Drops what clients may not send. */
export function readRequest(line: RequestLine, fields: Fields, startedAtMs: number): ReadRequest {
  const controls = readControls(fields, line.minorVersion);
  if (controls === undefined) {
    throw new GatewayError("bad_request", "Content-Length or Transfer-Encoding cannot be trusted");
  }
  const target = splitTarget(line);
  const authority = requestAuthority(fields, line.minorVersion, target.authority);
  const hasPlainPath = isPlainPath(target.path);
  const isAsIs = hasPlainPath || target.path === WHOLE_SERVER;
  const path = isAsIs ? target.path : canonicalPath(target.path);
  if (path === undefined) throw new GatewayError("bad_request", "the path is not safe to route");
  const host = hostOf(authority);
  if (host === undefined) {
    throw new GatewayError("bad_request", "the target's authority is not a host and port");
  }
  const expectsContinue = readExpectation(fields, line.minorVersion);
  const framing = requestFraming(controls);
  const mayUpgrade = controls.wantsUpgrade && line.minorVersion === 1 && framing.kind === "none";
  const isForGateway = line.method === "OPTIONS" && asksGateway(path, fields);
  const upgrade = mayUpgrade ? offeredProtocols(fields) : undefined;
  dropManaged(fields);
  dropNominated(fields, controls);
  return {
    head: {
      id: newRequestId(),
      startedAtMs,
      method: line.method,
      path,
      hasPlainPath,
      query: target.query,
      minorVersion: line.minorVersion,
      host,
      authority,
      fields,
      framing,
      acceptsTrailers: controls.acceptsTrailers && line.minorVersion === 1,
      upgrade,
      isForGateway,
    },
    isPersistent: isPersistent(controls, line.minorVersion),
    expectsContinue,
  };
}

function isPersistent(controls: Controls, minorVersion: number): boolean {
  return minorVersion === 1
    ? !controls.wantsClose
    : controls.wantsKeepAlive && !controls.wantsClose;
}

interface Target {
  readonly path: string;
  readonly query: string;
  /** From the absolute form; it wins over Host (RFC 9112 §3.2.2). */
  readonly authority: string | undefined;
}

function splitTarget(line: RequestLine): Target {
  const target = line.target;
  if (target.includes("#")) throw new GatewayError("bad_request", "the target has a fragment");
  if (target.charCodeAt(0) === 47) return splitQuery(target, undefined);
  const isOptions = line.method === "OPTIONS";
  if (target === "*" && isOptions) return { path: WHOLE_SERVER, query: "", authority: undefined };
  const absolute = /^https?:\/\/([^/?]+)(.*)$/i.exec(target);
  if (absolute === null) {
    throw new GatewayError("bad_request", "the target is neither a path nor an http URI");
  }
  const rest = absolute[2] ?? "";
  // RFC 9112 §3.2.4: the absolute form of `*` has no path at all.
  if (rest === "" && isOptions) return { path: WHOLE_SERVER, query: "", authority: absolute[1] };
  return splitQuery(rest.startsWith("/") ? rest : `/${rest}`, absolute[1]);
}

function splitQuery(target: string, authority: string | undefined): Target {
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "", authority }
    : { path: target.slice(0, mark), query: target.slice(mark + 1), authority };
}

function requestAuthority(
  fields: Fields,
  minorVersion: number,
  fromTarget: string | undefined,
): string {
  let host: string | undefined;
  for (let at = 0; at < fields.length; at++) {
    if (fields.names[at]?.role !== FieldRole.host) continue;
    if (host !== undefined) throw new GatewayError("bad_request", "more than one Host");
    host = fields.values[at];
  }
  if (host === undefined && minorVersion === 1) {
    throw new GatewayError("bad_request", "no Host (RFC 9112 §3.2)");
  }
  if (host !== undefined && hostOf(host) === undefined) {
    throw new GatewayError("bad_request", "Host is not a host and port");
  }
  const authority = fromTarget ?? host ?? "localhost";
  return authority;
}

/** Hosts of authorities met before; strangers choose them, so there is a bound. */
const MAX_KNOWN_HOSTS = 4096;
const knownHosts = new Map<string, string>();

/** The host in lower case, without port and final dot; undefined when the authority is not a host and port. */
function hostOf(authority: string): string | undefined {
  const known = knownHosts.get(authority);
  if (known !== undefined) return known;
  if (!AUTHORITY.test(authority)) return undefined;
  const name = authority.replace(PORT, "").toLowerCase();
  const host = name.endsWith(".") ? name.slice(0, -1) : name;
  if (knownHosts.size < MAX_KNOWN_HOSTS) knownHosts.set(authority, host);
  return host;
}

/** True for `100-continue`; RFC 9110 §10.1.1 answers any other expectation with 417. */
function readExpectation(fields: Fields, minorVersion: number): boolean {
  if (!fields.hasRole(FieldRole.hopByHop)) return false;
  const expectation = fields.get("expect");
  if (expectation === undefined) return false;
  if (expectation.toLowerCase() !== "100-continue") {
    throw new GatewayError("expectation_failed", "an expectation other than 100-continue");
  }
  return minorVersion === 1;
}

/** Identity, forwarding fields and the request id are the gateway's to state (T1 to T3). */
function dropManaged(fields: Fields): void {
  const { managed, identity, requestId } = FieldRole;
  if (!fields.hasRole(managed) && !fields.hasRole(identity) && !fields.hasRole(requestId)) return;
  for (let at = fields.length - 1; at >= 0; at--) {
    const role = fields.names[at]?.role;
    if (role === managed || role === identity || role === requestId) fields.removeAt(at);
  }
}
