// What plugins ask other servers with: `fetch -> (a place among the plugin's calls) -> hop -> redirect? -> hop -> answer`.
// Hosts, addresses, redirects, time and sizes are decided here and not by a runtime's fetch.
import type { HeadLimits } from "../http1/head-parser.ts";
import type { OutboundConnection } from "./connection.ts";
import { CallPlaces } from "./call-places.ts";
import type { Hold } from "./call-places.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { checkHost } from "./destination.ts";
import type { FetchRules, Resolver } from "./destination.ts";
import { FetchFailed } from "./fetch-failed.ts";
import { tellOutcome } from "./fetch-outcome.ts";
import type { FetchOutcome } from "./fetch-outcome.ts";
import { checkRequest, outboundUrl } from "./outbound-request.ts";
import type { OutboundRequest, OutboundResponse } from "./outbound-request.ts";
import { locationOf, redirected } from "./redirect.ts";
import { requestHead } from "./request-head.ts";

export interface OutboundClientOptions {
  readonly resolve: Resolver;
  /** Of responses. */
  readonly limits: HeadLimits;
  /** PEM of the authorities to trust, instead of the runtime's own. */
  readonly ca?: string;
  /** Counts what became of a plugin's fetches. */
  readonly onDone?: (plugin: string, outcome: FetchOutcome) => void;
}

/** Sends requests of plugins. */
export interface Outbound {
  /** Rejected with {@link FetchFailed}: also with the signal's reason, which must be one. */
  fetch(
    request: OutboundRequest,
    rules: FetchRules,
    signal: AbortSignal,
  ): Promise<OutboundResponse>;
}

/** One fetch on its way. */
interface Fetching {
  readonly rules: FetchRules;
  readonly signal: AbortSignal;
  readonly hold: Hold;
}

const MAX_REDIRECTS = 5;
/** RFC 9110 §9.2.2: may be sent again when a kept connection died under them. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

export class OutboundClient implements Outbound {
  readonly #pool: ConnectionPool;
  readonly #places = new CallPlaces();
  readonly #running = new Set<AbortController>();
  readonly #onDone: NonNullable<OutboundClientOptions["onDone"]>;

  constructor({ onDone, ...options }: OutboundClientOptions) {
    this.#pool = new ConnectionPool(options);
    this.#onDone = onDone ?? ((): void => {});
  }

  async fetch(
    request: OutboundRequest,
    rules: FetchRules,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const tell = (outcome: FetchOutcome): void => this.#onDone(rules.plugin, outcome);
    return tellOutcome(this.#fetch(request, rules, signal), tell);
  }

  async #fetch(
    request: OutboundRequest,
    rules: FetchRules,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    checkRequest(request);
    checkHost(outboundUrl(request.url), rules);
    const { timeoutMs } = request;
    const limit = new AbortController();
    const late = (): void =>
      limit.abort(new FetchFailed("timeout", `there was no whole answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs).unref();
    const giveUp = (): void => limit.abort(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    this.#running.add(limit);
    try {
      const call = { plugin: rules.plugin, bytes: request.body.length, signal: limit.signal };
      return await this.#places.run(call, (hold) =>
        this.#follow(request, { rules, signal: limit.signal, hold }),
      );
    } finally {
      this.#running.delete(limit);
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #follow(first: OutboundRequest, fetching: Fetching): Promise<OutboundResponse> {
    let request = first;
    let url = outboundUrl(request.url);
    for (let redirects = 0; ; redirects++) {
      checkHost(url, fetching.rules);
      const response = await this.#hop(request, url, fetching);
      const location = locationOf(response);
      if (location === undefined || request.redirect === "manual") return response;
      if (request.redirect === "error") {
        throw new FetchFailed("redirect", `${url.host} redirects`);
      }
      if (redirects === MAX_REDIRECTS) {
        throw new FetchFailed("redirect", `more than ${MAX_REDIRECTS} redirects`);
      }
      const next = outboundUrl(location, url);
      request = redirected(request, response.status, url, next);
      url = next;
    }
  }

  /** One request and its response. */
  async #hop(request: OutboundRequest, url: URL, fetching: Fetching): Promise<OutboundResponse> {
    const { rules, signal } = fetching;
    const mayRepeat = IDEMPOTENT.has(request.method);
    for (;;) {
      const kept = this.#pool.take(url, rules);
      const connection = kept ?? (await this.#pool.open(url, rules, signal));
      try {
        return await ask(connection, request, url, fetching);
      } catch (error) {
        const isStale = kept !== undefined && connection.isUnanswered && mayRepeat;
        if (!isStale || signal.aborted) throw error;
      } finally {
        this.#pool.give(connection, url, rules, request.keepAliveMs);
      }
    }
  }

  /** Gives up what is under way. */
  close(): void {
    const failure = new FetchFailed("ended", "the gateway ends");
    for (const running of this.#running) running.abort(failure);
    this.#pool.close();
  }
}

async function ask(
  connection: OutboundConnection,
  request: OutboundRequest,
  url: URL,
  { signal, hold }: Fetching,
): Promise<OutboundResponse> {
  // The reason is always ours: see Outbound.
  const giveUp = (): void => connection.destroy(signal.reason as FetchFailed);
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp);
  try {
    const { method, body, maxBytes } = request;
    const head = requestHead(request, url);
    const answer = await connection.ask({ method, head, body, maxBytes, hold });
    return { ...answer, url: url.href };
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
