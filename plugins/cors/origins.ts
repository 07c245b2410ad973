// Which origins may read a response. An origin is what a browser sends: scheme, host and, unless it is usual, port.
import { compilePattern, matches } from "../parts/patterns.ts";

export interface Origins {
  /** Another origin may get another answer, which caches have to know. */
  readonly dependOnRequest: boolean;
  /** The same origin is allowed whoever asks. */
  readonly isConstant: boolean;
  /** The value of Access-Control-Allow-Origin; undefined for none. */
  allowedFor(origin: string | undefined): string | undefined;
}

/** An empty list and `*` stand for all. Throws ConfigError for what is neither an origin nor a regex. */
export function compileOrigins(entries: readonly string[]): Origins {
  const [only] = entries;
  if (only === undefined || entries.includes("*")) {
    return { dependOnRequest: entries.length > 1, isConstant: true, allowedFor: () => "*" };
  }
  if (entries.length === 1 && !isPattern(only)) {
    return { dependOnRequest: true, isConstant: true, allowedFor: () => only };
  }
  const rules = entries.map((entry, index) => ruleOf(entry, `origins[${index}]`));
  return {
    dependOnRequest: true,
    isConstant: false,
    allowedFor: (origin) => {
      if (origin === undefined) return undefined;
      const normal = normalize(origin);
      return rules.some((allows) => allows(normal)) ? normal.origin : undefined;
    },
  };
}

interface Origin {
  readonly origin: string;
  readonly host: string;
}

type Rule = (origin: Origin) => boolean;

function isPattern(entry: string): boolean {
  return /[^A-Za-z0-9.:/-]/.test(entry);
}

function ruleOf(entry: string, path: string): Rule {
  if (!isPattern(entry)) {
    const { origin: wanted } = normalize(entry);
    return ({ origin }) => origin === wanted;
  }
  // All of it has to match: the end of an origin is what an attacker chooses.
  const pattern = compilePattern(`^(?:${entry})$`, path);
  return entry.includes(":")
    ? ({ origin }) => matches(pattern, origin)
    : ({ host }) => matches(pattern, host);
}

const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#@:]+|\[[0-9A-Fa-f:.]+\])(?::(\d+))?\/?$/;
const USUAL_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** Without the port that the scheme has anyway. What has no such parts, as `null`, stays as it is. */
function normalize(text: string): Origin {
  const [whole, scheme = "", host = "", port] = PARTS.exec(text) ?? [];
  if (whole === undefined) return { origin: text, host: text };
  const suffix = port === undefined || USUAL_PORTS[scheme] === port ? "" : `:${port}`;
  return { origin: `${scheme}://${host}${suffix}`, host };
}
