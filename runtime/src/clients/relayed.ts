// What a trusted peer says of the request that it passes on: who the client is, and how the client asked.
import { TARGET_CHARACTERS, consistsOf } from "../http1/characters.ts";
import { FieldRole } from "../http1/field-name.ts";
import type { Fields } from "../http1/fields.ts";
import { canonicalPath } from "../routing/path.ts";
import type { ClientRules } from "./client-rules.ts";
import { parseForwarded } from "./forwarded-field.ts";
import type { ForwardedElement } from "./forwarded-field.ts";
import { parseNode } from "./node.ts";
import type { Node } from "./node.ts";

export interface Relayed {
  /** The client, or the peer where no address of the client can be made out. */
  readonly client: Node;
  /** X-Forwarded-For with the peer added. */
  readonly forwardedFor: string;
  /** Elements of Forwarded; only where that is the header that says who the client is. */
  readonly forwarded: readonly string[];
  /** X-Forwarded-*: undefined where the peer said nothing, or nothing that can be taken. */
  readonly proto: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly path: string | undefined;
  readonly prefix: string | undefined;
  /** Client-Cert (RFC 9440), or else Envoy's X-Forwarded-Client-Cert, as it came; the peer has checked it. */
  readonly clientCertificate: string | undefined;
}

/** Nodes that are looked at, from the gateway outwards; beyond them nobody is known. */
const MAX_NODES = 64;
/** Of X-Forwarded-For; what is further away from the gateway is left out. */
const MAX_LIST_LENGTH = 4096;

/** Reads the fields of a trusted peer, which are still as they came. It runs for every request behind a proxy. */
export function readRelayed(fields: Fields, peer: Node, rules: ClientRules): Relayed {
  let realIp = "";
  let forwardedFor = "";
  let forwarded = "";
  let proto: string | undefined;
  let host: string | undefined;
  let port: string | undefined;
  let path: string | undefined;
  let prefix: string | undefined;
  let clientCert: string | undefined;
  let forwardedCert: string | undefined;
  for (let at = 0; at < fields.length; at++) {
    const name = fields.names[at];
    const value = fields.values[at];
    if (name === undefined || value === undefined) continue;
    if (name.lower === rules.realIpHeader) realIp = addLine(realIp, value, ",");
    if (name.role !== FieldRole.managed) continue;
    switch (name.lower) {
      case "x-forwarded-for":
        forwardedFor = addLine(forwardedFor, value, ",");
        break;
      case "forwarded":
        forwarded = addLine(forwarded, value);
        break;
      case "x-forwarded-proto":
        proto = addLine(proto, value);
        break;
      case "x-forwarded-host":
        host = addLine(host, value);
        break;
      case "x-forwarded-port":
        port = addLine(port, value);
        break;
      case "x-forwarded-path":
        path = addLine(path, value);
        break;
      case "x-forwarded-prefix":
        prefix = addLine(prefix, value);
        break;
      case "client-cert":
        clientCert = addLine(clientCert, value);
        break;
      case "x-forwarded-client-cert":
        forwardedCert = addLine(forwardedCert, value, ",");
        break;
    }
  }
  const isForwarded = rules.realIpHeader === "forwarded";
  const elements = isForwarded ? forwardedElements(forwarded) : NO_ELEMENTS;
  const client =
    (isForwarded ? clientInElements(elements, rules) : clientInList(realIp, rules)) ?? peer;
  const nodes = nearestNodes(forwardedFor);
  return {
    client,
    forwardedFor: nodes === "" ? client.address : `${nodes}, ${peer.address}`,
    forwarded: elements.map(({ text }) => text),
    proto: proto === undefined ? undefined : knownProto(proto),
    host: host !== undefined && isAuthority(host) ? host : undefined,
    port: port !== undefined && isPort(port) ? port : undefined,
    path: path !== undefined && isPath(path) ? path : undefined,
    prefix: prefix !== undefined && isPath(prefix) ? prefix : undefined,
    clientCertificate: clientCert ?? forwardedCert,
  };
}

/** A character that no field value has: what is no list and came twice is valid no more. */
const LINE_BREAK = "\n";

function addLine(before: string | undefined, value: string, separator = LINE_BREAK): string {
  return before === undefined || before === "" ? value : before + separator + value;
}

const NODE_LIST = /^[0-9A-Za-z.:_[\]-]+(?:, [0-9A-Za-z.:_[\]-]+)*$/;
const NODE = /^[0-9A-Za-z.:_[\]-]+$/;

/** The last elements, as far as every one of them is plausible and the list is not too long. */
function nearestNodes(lines: string): string {
  if (lines === "" || (lines.length <= MAX_LIST_LENGTH && NODE_LIST.test(lines))) return lines;
  let list = "";
  for (const element of lines.split(",").reverse()) {
    const node = withoutSpace(element);
    // RFC 9110 §5.6.1: empty elements do not count.
    if (node === "") continue;
    if (!NODE.test(node) || list.length + node.length > MAX_LIST_LENGTH) break;
    list = list === "" ? node : `${node}, ${list}`;
  }
  return list;
}

const NO_ELEMENTS: readonly ForwardedElement[] = [];

/** Of all lines after the last malformed one: what a client sent first must not spoil what a proxy added. */
function forwardedElements(lines: string): readonly ForwardedElement[] {
  const parsed = lines.split(LINE_BREAK).map((line) => parseForwarded(line));
  const firstGood = parsed.lastIndexOf(undefined) + 1;
  return parsed
    .slice(firstGood)
    .flatMap((elements) => elements ?? [])
    .slice(-MAX_NODES);
}

/**
 * As nginx's real_ip: the last node, or, recursively, the last one that is not trusted itself. A node that is no
 * address ends the search without an outcome, since whoever stands behind it is hearsay.
 */
function clientInList(lines: string, rules: ClientRules): Node | undefined {
  let client: Node | undefined;
  let end = lines.length;
  for (let seen = 0; seen < MAX_NODES && end > 0;) {
    const start = lines.lastIndexOf(",", end - 1);
    const text = withoutSpace(lines.slice(start + 1, end));
    end = start;
    if (text === "") continue;
    seen++;
    client = parseNode(text);
    if (isFound(client, rules)) return client;
  }
  return client;
}

function clientInElements(
  elements: readonly ForwardedElement[],
  rules: ClientRules,
): Node | undefined {
  let client: Node | undefined;
  for (let at = elements.length - 1; at >= 0; at--) {
    client = parseNode(elements[at]?.from ?? "");
    if (isFound(client, rules)) return client;
  }
  return client;
}

/** RFC 9110 §5.6.3 knows two characters of white space; trim() takes away more. */
function withoutSpace(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, "");
}

function isFound(client: Node | undefined, rules: ClientRules): boolean {
  return client === undefined || !rules.isRecursive || !rules.trusts(client.address);
}

function knownProto(value: string): string | undefined {
  if (value === "https" || value === "http") return value;
  return /^(?:https?|wss?)$/i.test(value) ? value.toLowerCase() : undefined;
}

function isAuthority(value: string): boolean {
  return (
    value.length <= 255 && /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?$/.test(value)
  );
}

function isPort(value: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(value) && Number(value) <= 65_535;
}

function isPath(value: string): boolean {
  return consistsOf(value, TARGET_CHARACTERS) && canonicalPath(value) !== undefined;
}
