// What the router ranks: one path of one route, with everything else the route asks for. Routes are split by path
// as Kong's traditional_compatible flavour does, so that each path competes with its own length.
import type { RouteConfig } from "../config/model.ts";
import { splitHost } from "./host-pattern.ts";
import { compileHeaderMatchers } from "./header-matcher.ts";
import type { HeaderMatcher } from "./header-matcher.ts";
import { compilePathPattern } from "./pattern/pattern.ts";
import type { PathPattern } from "./pattern/pattern.ts";

/** The outcome of a match: flat, since with many routes each object that a request reads is in no cache. */
export interface RouteMatch {
  readonly route: RouteConfig;
  /** Place of the route in the list that the router was made from. */
  readonly routeIndex: number;
  /** The route's strip_path. */
  readonly stripPath: boolean;
  /** Characters of the path that strip_path takes away: the matched prefix, or what the regular expression matched. */
  readonly prefixLength: number;
  /** The regular expression that took the path, for what it captures. */
  readonly pattern?: PathPattern | undefined;
}

/**
 * Without a pattern a candidate is its own match: it is always the same. A class, since runtimes keep the fields of an
 * object made by spreading partly in a second place, one cache miss away.
 */
export class Candidate implements RouteMatch {
  /** 0 wins over 1, and so on; no two are equal. */
  rank = 0;
  readonly methods: ReadonlySet<string> | undefined;
  readonly headers: readonly HeaderMatcher[];
  readonly pattern: PathPattern | undefined;
  readonly routeIndex: number;
  readonly prefixLength: number;
  readonly stripPath: boolean;
  readonly route: RouteConfig;
  /** Empty when the route matches any path. */
  readonly prefix: string;

  constructor(route: RouteConfig, routeIndex: number, path: string) {
    const isPattern = path.startsWith("~");
    this.methods = route.methods.length > 0 ? new Set(route.methods) : undefined;
    this.headers = compileHeaderMatchers(route.headers);
    this.pattern = isPattern ? compilePathPattern(path.slice(1)) : undefined;
    this.prefix = isPattern ? "" : path;
    this.prefixLength = this.prefix.length;
    this.stripPath = route.stripPath;
    this.routeIndex = routeIndex;
    this.route = route;
  }
}

/** All candidates of the routes, best first. */
export function rankCandidates(routes: readonly RouteConfig[]): readonly Candidate[] {
  const candidates = routes
    .flatMap((route, routeIndex) => candidatesOf(route, routeIndex))
    .map((candidate) => ({ candidate, precedence: precedenceOf(candidate) }))
    .sort((one, other) => comparePrecedence(one.precedence, other.precedence))
    .map(({ candidate }) => candidate);
  for (const [rank, candidate] of candidates.entries()) candidate.rank = rank;
  return candidates;
}

function candidatesOf(route: RouteConfig, routeIndex: number): readonly Candidate[] {
  const paths = route.paths.length > 0 ? route.paths : [""];
  return paths.map((path) => new Candidate(route, routeIndex, path));
}

/**
 * Higher wins, the first difference decides: kinds of attributes, plain hosts only, number of headers, regular
 * expressions before prefixes, regex_priority, length of the prefix.
 */
function precedenceOf({ route, pattern, prefix }: Candidate): readonly number[] {
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
