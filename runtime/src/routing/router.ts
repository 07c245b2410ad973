// Finds the route of a request with Kong's precedence (flavour traditional_compatible); README.md has the rules.
import type { RouteConfig } from "../config/model.ts";
import { rankCandidates } from "./candidate.ts";
import type { Candidate, RouteMatch } from "./candidate.ts";
import { HostIndex } from "./host-index.ts";
import type { HostEntry, HostVisitor } from "./host-index.ts";
import { portOf } from "./host-pattern.ts";
import type { PathVisitor, Place } from "./path-index.ts";

export type { RouteMatch } from "./candidate.ts";

/** What routing needs to know of a request. */
export interface RoutingInput {
  readonly method: string;
  /** Lower case, without port. */
  readonly host: string;
  /** Host and port as the client wrote them; the port is that of http when there is none. */
  readonly authority: string;
  /** As {@link canonicalPath} gives it. */
  readonly path: string;
  /** All values of a header, by its name in lower case. Asked only when a route matches on headers. */
  headers(name: string): readonly string[];
}

export interface Router {
  /** The best route for the request, or undefined. Costs about the same for one route and for ten thousand. */
  match(request: RoutingInput): RouteMatch | undefined;
}

/** @throws PatternError when a regular expression does not compile; parseConfig has refused such a config. */
export function compileRouter(routes: readonly RouteConfig[]): Router {
  const hosts = new HostIndex();
  for (const candidate of rankCandidates(routes)) hosts.add(candidate);
  return {
    match: (request) => new Search(request).run(hosts),
  };
}

class Search implements HostVisitor, PathVisitor {
  readonly #request: RoutingInput;
  #best: Candidate | undefined;
  #patternLength = 0;

  constructor(request: RoutingInput) {
    this.#request = request;
  }

  run(hosts: HostIndex): RouteMatch | undefined {
    hosts.find(this.#request.host, this);
    const best = this.#best;
    if (best?.pattern === undefined) return best;
    const { route, routeIndex, stripPath, pattern } = best;
    return { route, routeIndex, stripPath, pattern, prefixLength: this.#patternLength };
  }

  visitHost(entry: HostEntry): void {
    entry.anyPort.find(this.#request.path, this);
    if (entry.byPort.size === 0) return;
    entry.byPort.get(portOf(this.#request.authority))?.find(this.#request.path, this);
  }

  consider(place: Place): void {
    if (!Array.isArray(place)) this.#endsAt(place);
    else for (const candidate of place) if (this.#endsAt(candidate)) return;
  }

  /** True when no later candidate of the same place can be better. */
  #endsAt(candidate: Candidate): boolean {
    if (this.#best !== undefined && this.#best.rank < candidate.rank) return true;
    if (!this.#matches(candidate)) return false;
    this.#best = candidate;
    return true;
  }

  #matches(candidate: Candidate): boolean {
    const request = this.#request;
    if (candidate.methods !== undefined && !candidate.methods.has(request.method)) return false;
    for (const header of candidate.headers) {
      if (!header.matches(request.headers(header.name))) return false;
    }
    if (candidate.pattern === undefined) return true;
    const length = candidate.pattern.matchLength(request.path);
    if (length < 0) return false;
    this.#patternLength = length;
    return true;
  }
}
