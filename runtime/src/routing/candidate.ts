// What the router ranks: one path of one route, with everything else the route asks for. Routes are split by path
// as Kong's traditional_compatible flavour does, so that each path competes with its own length.
import type { RouteConfig } from "../config/model.ts";
import { splitHost } from "./host-pattern.ts";
import { compileHeaderMatchers } from "./header-matcher.ts";
import type { HeaderMatcher } from "./header-matcher.ts";
import { compilePathPattern } from "./pattern/pattern.ts";
import type { PathPattern } from "./pattern/pattern.ts";

/** The outcome of a match. */
export interface RouteMatch {
  readonly route: RouteConfig;
  /** Characters of the path that strip_path takes away: the matched prefix, or what the regular expression matched. */
  readonly prefixLength: number;
}

export interface Candidate {
  readonly route: RouteConfig;
  readonly methods: ReadonlySet<string> | undefined;
  readonly headers: readonly HeaderMatcher[];
  /** Empty when the route matches any path. */
  readonly prefix: string;
  readonly pattern: PathPattern | undefined;
  /** The match of a candidate without a pattern: it is always the same. */
  readonly match: RouteMatch;
  /** 0 wins over 1, and so on; no two are equal. */
  readonly rank: number;
}

type UnrankedCandidate = Omit<Candidate, "rank">;

/** All candidates of the routes, best first. */
export function rankCandidates(routes: readonly RouteConfig[]): readonly Candidate[] {
  return routes
    .flatMap((route) => candidatesOf(route))
    .map((candidate) => ({ candidate, precedence: precedenceOf(candidate) }))
    .sort((one, other) => comparePrecedence(one.precedence, other.precedence))
    .map(({ candidate }, rank) => ({ ...candidate, rank }));
}

function candidatesOf(route: RouteConfig): readonly UnrankedCandidate[] {
  const shared = {
    route,
    methods: route.methods.length > 0 ? new Set(route.methods) : undefined,
    headers: compileHeaderMatchers(route.headers),
  };
  const paths = route.paths.length > 0 ? route.paths : [""];
  return paths.map((path) => {
    const isPattern = path.startsWith("~");
    const prefix = isPattern ? "" : path;
    return {
      ...shared,
      prefix,
      pattern: isPattern ? compilePathPattern(path.slice(1)) : undefined,
      match: { route, prefixLength: prefix.length },
    };
  });
}

/**
 * Higher wins, the first difference decides: kinds of attributes, plain hosts only, number of headers, regular
 * expressions before prefixes, regex_priority, length of the prefix.
 */
function precedenceOf({ route, pattern, prefix }: UnrankedCandidate): readonly number[] {
  const headerCount = Object.keys(route.headers).length;
  const kinds = [route.hosts.length, route.paths.length, route.methods.length, headerCount];
  const hasPlainHosts =
    route.hosts.length > 0 && route.hosts.every((host) => splitHost(host).kind === "exact");
  return [
    kinds.filter((count) => count > 0).length,
    hasPlainHosts ? 1 : 0,
    headerCount,
    pattern === undefined ? 0 : 1,
    pattern === undefined ? 0 : route.regexPriority,
    prefix.length,
  ];
}

/** Sorting is stable: what is equal stays in the order of the routes. */
function comparePrecedence(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = (other[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}
