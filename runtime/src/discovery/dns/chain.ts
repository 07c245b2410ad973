// Follows the aliases within one answer, from the name that was asked for to the records of the type.
import type { DnsRecord, QueryType } from "./message.ts";

export type RecordOf<T extends QueryType> = Extract<DnsRecord, { kind: T }>;

export interface ChainEnd<T extends QueryType> {
  /** The last name of the chain: to be asked for when it has no records here. */
  readonly name: string;
  readonly records: readonly RecordOf<T>[];
  /** Of the shortest-lived record on the way, ms; Infinity when there was none. */
  readonly ttlMs: number;
  readonly aliases: number;
}

/** More is a loop, or as good as one. */
export const MAX_ALIASES = 8;

/** Records of other names than those of the chain count for nothing. */
export function followAliases<T extends QueryType>(
  asked: string,
  type: T,
  records: readonly DnsRecord[],
): ChainEnd<T> {
  let name = asked.toLowerCase();
  let ttlMs = Infinity;
  for (let aliases = 0; ; aliases++) {
    const own = records.filter((record) => record.name === name);
    const found = own.filter((each): each is RecordOf<T> => each.kind === type);
    if (found.length > 0) {
      for (const record of own) if (record.kind === type) ttlMs = Math.min(ttlMs, record.ttlMs);
      return { name, records: found, ttlMs, aliases };
    }
    const alias = own.find((record) => record.kind === "CNAME");
    if (alias === undefined || aliases >= MAX_ALIASES) {
      return { name, records: [], ttlMs, aliases };
    }
    name = alias.to;
    ttlMs = Math.min(ttlMs, alias.ttlMs);
  }
}
