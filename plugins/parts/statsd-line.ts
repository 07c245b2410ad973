// Lines of the StatsD protocol: `name:value|type`, with a sample rate and tags where there are some.

/** Kong's stat types, by what the protocol has for them. */
const STAT_TYPES = {
  counter: "c",
  distribution: "d",
  gauge: "g",
  histogram: "h",
  meter: "m",
  set: "s",
  timer: "ms",
} as const;
export type StatType = keyof typeof STAT_TYPES;

/** Ways to write tags. */
export type TagStyle = "dogstatsd" | "influxdb" | "librato" | "signalfx";

export interface Stat {
  readonly name: string;
  readonly value: number | string;
  readonly type: StatType;
  /** 0 to 1; what is left out is for the server to add. */
  readonly rate: number;
}

export type Tag = readonly [name: string, value: string];

export function statLine(
  { name, value, type, rate }: Stat,
  style?: TagStyle,
  tags: readonly Tag[] = [],
): string {
  const what = `${value}|${STAT_TYPES[type]}${rate < 1 ? `|@${rate}` : ""}`;
  switch (style) {
    case undefined:
      return `${name}:${what}`;
    case "dogstatsd":
      return `${name}:${what}|#${joined(tags, ":")}`;
    case "influxdb":
      return `${name},${joined(tags, "=")}:${what}`;
    case "librato":
      return `${name}#${joined(tags, "=")}:${what}`;
    case "signalfx":
      return `${name}[${joined(tags, "=")}]:${what}`;
  }
}

function joined(tags: readonly Tag[], between: string): string {
  return tags.map(([name, value]) => `${name}${between}${tagValue(value)}`).join(",");
}

/** A part of a name: what the protocol, or the dots of names, would take for something else is `_`. */
export function namePart(text: string): string {
  return text.replaceAll(/[^\w-]/g, "_");
}

/** Without what ends a value or a line. */
function tagValue(text: string): string {
  return text.replaceAll(/[\s,|:@#=[\]\x00-\x1f\x7f]/g, "_");
}
