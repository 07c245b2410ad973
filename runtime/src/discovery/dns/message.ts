// One question to a DNS server and what its answer says of it. Whatever answers something else was not asked.
import { decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE } from "dns-packet";
import type { Answer, DecodedPacket } from "dns-packet";

export type QueryType = "A" | "AAAA" | "SRV";

export interface Query {
  /** 0 to 65535, not to be guessed. */
  readonly id: number;
  readonly name: string;
  readonly type: QueryType;
  /** RFC 6891: answers may be larger than 512 bytes. Some old servers refuse it. */
  readonly hasEdns: boolean;
}

/** Names in lower case; times to live in ms. */
export type DnsRecord =
  | { readonly kind: "CNAME"; readonly name: string; readonly ttlMs: number; readonly to: string }
  | AddressRecord<"A">
  | AddressRecord<"AAAA">
  | (Srv & { readonly kind: "SRV"; readonly name: string; readonly ttlMs: number });

export interface AddressRecord<Kind> {
  readonly kind: Kind;
  readonly name: string;
  readonly ttlMs: number;
  readonly address: string;
}

export interface Srv {
  readonly target: string;
  readonly port: number;
  /** Lower ones first (RFC 2782). */
  readonly priority: number;
  readonly weight: number;
}

export type DnsAnswer =
  | { readonly kind: "records"; readonly records: readonly DnsRecord[] }
  /** There is no such name (RFC 1035 §4.1.1). */
  | { readonly kind: "no_name" }
  | { readonly kind: "truncated" }
  /** Any other response code, such as SERVFAIL. */
  | { readonly kind: "refused"; readonly code: string };

/** What fits in a packet that no network splits. */
const UDP_BYTES = 1232;
const EDNS: Answer = {
  type: "OPT",
  name: ".",
  udpPayloadSize: UDP_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
/** Nothing is believed for longer, whatever a server says. */
const MAX_TTL_S = 86_400;

export function queryBytes({ id, name, type, hasEdns }: Query): Buffer {
  return encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name, class: "IN" }],
    additionals: hasEdns ? [EDNS] : [],
  });
}

/** Undefined when the bytes are no answer to the query: forged, late, or broken. */
export function readAnswer(bytes: Buffer, query: Query): DnsAnswer | undefined {
  const packet = decoded(bytes);
  if (packet === undefined || !answers(packet, query)) return undefined;
  if ((packet.flags & TRUNCATED_RESPONSE) !== 0) return { kind: "truncated" };
  const { rcode } = packet;
  if (rcode === "NXDOMAIN") return { kind: "no_name" };
  if (rcode !== "NOERROR") return { kind: "refused", code: String(rcode) };
  return { kind: "records", records: (packet.answers ?? []).flatMap(recordOf) };
}

interface Response extends DecodedPacket {
  readonly flags: number;
  /** Set by dns-packet, but not in its types. */
  readonly rcode?: string;
}

function decoded(bytes: Buffer): Response | undefined {
  try {
    const packet = decode(bytes);
    return { ...packet, flags: packet.flags ?? 0 };
  } catch {
    return undefined;
  }
}

/** Names are compared without case: servers give them back in whatever case they like (RFC 4343). */
function answers({ id, type, questions }: Response, query: Query): boolean {
  const [question, ...others] = questions ?? [];
  return (
    id === query.id &&
    type === "response" &&
    question !== undefined &&
    others.length === 0 &&
    question.type === query.type &&
    (question.class ?? "IN") === "IN" &&
    sameName(question.name, query.name)
  );
}

function sameName(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function recordOf(answer: Answer): DnsRecord[] {
  if (!("name" in answer) || !("ttl" in answer)) return [];
  const name = plain(answer.name);
  const ttlMs = ttlOf(answer.ttl) * 1000;
  if (answer.type === "A") return [{ kind: "A", name, ttlMs, address: answer.data }];
  if (answer.type === "AAAA") return [{ kind: "AAAA", name, ttlMs, address: answer.data }];
  if (answer.type === "CNAME") {
    return isDnsName(answer.data) ? [{ kind: "CNAME", name, ttlMs, to: plain(answer.data) }] : [];
  }
  if (answer.type !== "SRV") return [];
  const { target, port, priority = 0, weight = 0 } = answer.data;
  if (!isDnsName(target) || port === 0) return [];
  return [{ kind: "SRV", name, ttlMs, target: plain(target), port, priority, weight }];
}

/** Those with the highest bit set are 0 (RFC 2181 §8). */
function ttlOf(ttl: number | undefined): number {
  const seconds = ttl ?? 0;
  return seconds > 0x7fff_ffff || seconds < 0 ? 0 : Math.min(seconds, MAX_TTL_S);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

const NAME = /^(?=.{1,254}$)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/** Whether a name can be asked for: what comes from servers may hold any bytes. */
export function isDnsName(name: string): boolean {
  return NAME.test(name);
}
