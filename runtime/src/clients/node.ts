// Nodes as forwarding headers name them: an address, with or without a port and brackets (RFC 7239 §6, and what
// X-Forwarded-For made common).
import { canonicalAddress } from "./address.ts";

export interface Node {
  /** Canonical. */
  readonly address: string;
  /** 0 when it was not told. */
  readonly port: number;
}

const WITH_PORT = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::([0-9]{1,5}))?$/;

/** Undefined for `unknown`, obfuscated identifiers, and whatever else is no address. */
export function parseNode(text: string): Node | undefined {
  const bare = canonicalAddress(text);
  if (bare !== undefined) return { address: bare, port: 0 };
  const match = WITH_PORT.exec(text);
  const inBrackets = match?.[1];
  if (inBrackets !== undefined && !inBrackets.includes(":")) return undefined;
  const address = canonicalAddress(inBrackets ?? match?.[2] ?? "");
  const port = Number(match?.[3] ?? 0);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

/** A node as the value of Forwarded's `for`: what has a colon must be quoted, IPv6 is in brackets (RFC 7239 §6). */
export function forParameter(node: Node | undefined): string {
  if (node === undefined) return "for=unknown";
  const { address, port } = node;
  const host = address.includes(":") ? `[${address}]` : address;
  const text = port === 0 ? host : `${host}:${port}`;
  return text.includes(":") ? `for="${text}"` : `for=${text}`;
}

/** A host, with or without a port, as the value of Forwarded's `host`. */
export function hostParameter(authority: string): string {
  return /[:[]/.test(authority) ? `host="${authority}"` : `host=${authority}`;
}
