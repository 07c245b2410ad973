// Which coding a client takes (RFC 9110 section 12.5.3).

/** The one of `offered`, best first, that the client likes best; undefined when it takes none, or rather none. */
export function chooseCoding<Name extends string>(
  accepted: string,
  offered: readonly Name[],
): Name | undefined {
  const qualities = parseQualities(accepted);
  const others = qualities.get("*");
  let best: Name | undefined;
  let bestQuality = 0;
  for (const name of offered) {
    const quality = qualities.get(name) ?? aliasQuality(qualities, name) ?? others ?? 0;
    if (quality <= bestQuality) continue;
    best = name;
    bestQuality = quality;
  }
  // What is not encoded is always taken, but liked best only by who says so.
  const plain = qualities.get("identity") ?? 0;
  return plain > bestQuality ? undefined : best;
}

/** RFC 9110 section 8.4.1.3: x-gzip is gzip. */
function aliasQuality(qualities: ReadonlyMap<string, number>, name: string): number | undefined {
  return name === "gzip" ? qualities.get("x-gzip") : undefined;
}

/** More members than that are no list of codings. */
const MAX_MEMBERS = 32;

function parseQualities(text: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const member of text.split(",", MAX_MEMBERS)) {
    const [name = "", ...parameters] = member.split(";");
    const coding = name.trim().toLowerCase();
    if (coding !== "") qualities.set(coding, qualityOf(parameters));
  }
  return qualities;
}

/** What is no quality is 0: who writes that gets the plain body. */
function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, value] = /^\s*q\s*=\s*(\S*)\s*$/i.exec(parameter) ?? [];
    if (value !== undefined)
      return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 0;
  }
  return 1;
}
