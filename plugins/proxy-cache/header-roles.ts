// What the names of a request's headers tell of it. Clients send the same few sets of names again and again, so what is
// found out of one is kept, and headers that did not come are not asked for.

export interface HeaderRoles {
  /** Those whose values are part of the key, sorted. */
  readonly keyed: readonly string[];
  /** None of `keyed` is but Host: they say nothing of who asks. */
  readonly showsNobody: boolean;
  /** Those that must not reach the upstream. */
  readonly unkeyed: readonly string[];
  /** A part is asked for, or there is a body. */
  readonly isSpecial: boolean;
  /** There may be a body. */
  readonly hasLength: boolean;
  /** It may say what age it takes. */
  readonly limitsAge: boolean;
  readonly isConditional: boolean;
}

/** Reads names in lower case, in order of arrival. */
export type RolesReader = (names: readonly string[]) => HeaderRoles;

/** Strangers choose the names. */
const MAX_KEPT = 32;
const MAX_KEPT_CHARACTERS = 1024;

/** `more` are names of any case whose values are part of the key, too. */
export function rolesReader(more: readonly string[]): RolesReader {
  const keyed = new Set([...KEYED, ...more.map((name) => name.toLowerCase())]);
  const kept = new Map<string, HeaderRoles>();
  return (names) => {
    // No name has a comma (RFC 9110 §5.6.2).
    const joined = names.join();
    const known = kept.get(joined);
    if (known !== undefined) return known;
    const roles = rolesOf(names, keyed);
    if (joined.length <= MAX_KEPT_CHARACTERS) {
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(joined, roles);
    }
    return roles;
  };
}

function rolesOf(names: readonly string[], keyed: ReadonlySet<string>): HeaderRoles {
  const found = names.filter((name) => keyed.has(name) || IDENTITY.test(name)).sort();
  return {
    keyed: found,
    showsNobody: found.every((name) => name === "host"),
    unkeyed: names.filter(isUnkeyed),
    isSpecial: names.includes("range") || names.includes("transfer-encoding"),
    hasLength: names.includes("content-length"),
    limitsAge: names.includes("cache-control") || names.includes("pragma"),
    isConditional: names.includes("if-none-match") || names.includes("if-modified-since"),
  };
}

const KEYED = [
  // With its port, as a route with preserve_host tells the upstream.
  "host",
  // RFC 9111 §3.5: what was said to one who showed credentials is not said to another.
  "authorization",
  // A proxy that is trusted may state another host than Host.
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
];

/** Two tokens of one user may have other scopes or groups. */
const IDENTITY = /^x-(?:consumer|credential|authenticated|anonymous)-/;

/**
 * Applications take a path or method from these; what is stored would depend on what is not part of the key (K2).
 * Some read underscores as dashes.
 */
export function isUnkeyed(name: string): boolean {
  return UNKEYED.has(name.toLowerCase().replaceAll("_", "-"));
}

const UNKEYED: ReadonlySet<string> = new Set([
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-original-host",
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
]);
