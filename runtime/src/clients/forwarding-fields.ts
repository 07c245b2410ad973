// The fields in which the gateway tells upstreams of the client: Kong's X-Forwarded-* and X-Real-IP, Forwarded
// (RFC 7239) where it is switched on, and Via.
import type { ConnectionInfo, Exchange } from "../exchange.ts";
import { VIA } from "../http1/write-response-head.ts";
import { forParameter, hostParameter, parseNode } from "./node.ts";
import type { Relayed } from "./relayed.ts";

/** Parts of the forwarding fields that are the same for all requests of a connection. */
export interface ConnectionForwarding {
  /** End of the head of every request of a peer that is not trusted. */
  readonly forwardingLines: string;
  /** What Forwarded says of the peer; undefined where the field is not sent. */
  readonly forwardedPeer: string | undefined;
}

type Peer = Pick<ConnectionInfo, "peerAddress" | "serverPort" | "scheme">;

export function connectionForwarding(
  { peerAddress, serverPort, scheme }: Peer,
  sendsForwarded: boolean,
): ConnectionForwarding {
  return {
    forwardingLines:
      `X-Forwarded-For: ${peerAddress}\r\nX-Real-IP: ${peerAddress}\r\n` +
      `X-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Port: ${serverPort}\r\nVia: ${VIA}\r\n\r\n`,
    forwardedPeer: sendsForwarded ? forParameter(parseNode(peerAddress)) : undefined,
  };
}

/** The last lines of a request's head, and its end. What the client sent under these names was dropped before. */
export function forwardingFields(exchange: Exchange): string {
  const { connection, relayed, routedPath } = exchange;
  if (relayed !== undefined) return relayedFields(exchange, relayed);
  const prefix = prefixField(exchange, undefined);
  const { forwardedPeer } = connection;
  const forwarded =
    forwardedPeer === undefined
      ? ""
      : `Forwarded: ${forwardedPeer};${hostParameter(exchange.authority)};proto=${connection.scheme}\r\n`;
  return (
    `${prefix}X-Forwarded-Host: ${exchange.host}\r\nX-Forwarded-Path: ${routedPath}\r\n${forwarded}` +
    connection.forwardingLines
  );
}

function prefixField(exchange: Exchange, told: string | undefined): string {
  if (told !== undefined) return `X-Forwarded-Prefix: ${told}\r\n`;
  return exchange.prefixLength > 1
    ? `X-Forwarded-Prefix: ${exchange.routedPath.slice(0, exchange.prefixLength)}\r\n`
    : "";
}

function relayedFields(exchange: Exchange, relayed: Relayed): string {
  const { connection } = exchange;
  const forwarded = connection.forwardedPeer === undefined ? "" : forwardedField(exchange, relayed);
  return (
    `${prefixField(exchange, relayed.prefix)}X-Forwarded-Host: ${relayed.host ?? exchange.host}\r\n` +
    `X-Forwarded-Path: ${relayed.path ?? exchange.routedPath}\r\n${forwarded}` +
    `X-Forwarded-For: ${relayed.forwardedFor}\r\nX-Real-IP: ${relayed.client.address}\r\n` +
    `X-Forwarded-Proto: ${relayed.proto ?? connection.scheme}\r\n` +
    `X-Forwarded-Port: ${relayed.port ?? connection.serverPort}\r\nVia: ${VIA}\r\n\r\n`
  );
}

/** Goes on with the peer's own Forwarded, or says the same as X-Forwarded-* does (RFC 7239 §7.4). */
function forwardedField(exchange: Exchange, relayed: Relayed): string {
  const { connection, authority } = exchange;
  const own = `${hostParameter(authority)};proto=${connection.scheme}`;
  if (relayed.forwarded.length > 0) {
    return `Forwarded: ${relayed.forwarded.join(", ")}, ${connection.forwardedPeer};${own}\r\n`;
  }
  const nodes = relayed.forwardedFor.split(", ");
  const elements = nodes.map((node, at) => {
    const parts = [forParameter(parseNode(node))];
    // X-Forwarded-Host and -Proto are about the client's own request, which is the first.
    const isFirst = at === 0;
    const isLast = at === nodes.length - 1;
    const host = (isFirst ? relayed.host : undefined) ?? (isLast ? authority : undefined);
    const proto = (isFirst ? relayed.proto : undefined) ?? (isLast ? connection.scheme : undefined);
    if (host !== undefined) parts.push(hostParameter(host));
    if (proto !== undefined) parts.push(`proto=${proto}`);
    return parts.join(";");
  });
  return `Forwarded: ${elements.join(", ")}\r\n`;
}
