// The headers of a stored response, put in where they take no other plugin's place.
import type { ResponseContext } from "@sluice/plugin-sdk";

import { headersIn } from "./header-lines.ts";
import type { Header } from "./header-lines.ts";

/** What a response lacks that has certain headers. */
interface Lacking {
  /** Each name and value with a NUL behind it: of the names that occur once. */
  readonly block: string;
  readonly count: number;
  readonly others: readonly Header[];
}

/** Responses of one route have the same headers again and again, but for what is stored of each. */
const MAX_KNOWN = 64;
const MAX_CHARACTERS = 4096;
const known = new Map<string, Lacking>();

export function fillIn({ response }: ResponseContext, lines: string): void {
  const present = response.headerNames();
  const asked = `${present.join()}\n${lines}`;
  let lacking = known.get(asked);
  if (lacking === undefined) {
    lacking = lackingOf(lines, new Set(present));
    if (asked.length <= MAX_CHARACTERS) {
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(asked, lacking);
    }
  }
  if (lacking.count > 0) response.setHeaderBlock(lacking.block, lacking.count);
  if (lacking.others.length === 0) return;
  for (const [name, value] of lacking.others) response.addHeader(name, value);
}

function lackingOf(lines: string, present: ReadonlySet<string>): Lacking {
  const lacking = headersIn(lines).filter(([name]) => !present.has(name.toLowerCase()));
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const [name] of lacking) {
    const lower = name.toLowerCase();
    (seen.has(lower) ? repeated : seen).add(lower);
  }
  const once = lacking.filter(([name]) => !repeated.has(name.toLowerCase()));
  return {
    block: once.map(([name, value]) => `${name}\0${value}\0`).join(""),
    count: once.length,
    others: lacking.filter(([name]) => repeated.has(name.toLowerCase())),
  };
}
