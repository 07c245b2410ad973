// Requests that a plugin sends to the service of a request, the way that the request would go: its balancer, health
// checks, limits and retries, but no plugins, no log record and no place among the requests that are counted.
import type { Deadlines } from "./deadlines.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { ConnectionInfo } from "./exchange.ts";
import { FieldRole, fieldName } from "./http1/field-name.ts";
import type { FieldName } from "./http1/field-name.ts";
import { Fields } from "./http1/fields.ts";
import { NO_BODY } from "./http1/framing.ts";
import { FetchFailed } from "./outbound/fetch-failed.ts";
import { tellOutcome } from "./outbound/fetch-outcome.ts";
import type { FetchOutcome } from "./outbound/fetch-outcome.ts";
import { checkRequest } from "./outbound/outbound-request.ts";
import type { OutboundRequest, OutboundResponse } from "./outbound/outbound-request.ts";
import { RequestWay } from "./request-way.ts";
import { ResponseWay } from "./response-way.ts";
import { canonicalPath, isPlainPath } from "./routing/path.ts";
import { SubrequestClient } from "./subrequest-client.ts";

export interface SubrequestOptions {
  readonly deadlines: Deadlines;
  /** Counts what became of a plugin's fetches. */
  readonly onDone?: (plugin: string, outcome: FetchOutcome) => void;
}

/** At a time. */
const MAX_SUBREQUESTS = 1000;

export class Subrequests {
  readonly #onDone: NonNullable<SubrequestOptions["onDone"]>;
  readonly #request: RequestWay;
  readonly #clients = new Map<Exchange, SubrequestClient>();

  constructor({ deadlines, onDone }: SubrequestOptions) {
    this.#onDone = onDone ?? ((): void => {});
    const attempt = this.#attempt.bind(this);
    const fail = this.#fail.bind(this);
    const response = new ResponseWay({
      attempt,
      // No plugin, so nobody to wait for; and no other response takes its place.
      afterwards: () => undefined,
      replaces: () => false,
      end: (exchange) => this.#end(exchange),
      onFault: (exchange, error) => this.#request.onFault(exchange, error),
    });
    this.#request = new RequestWay({ attempt, fail }, response, deadlines);
  }

  /**
   * `request.url` is a path with its query. Below the route's own path it is mapped as the parent's, by strip_path and
   * the service's path; any other goes as it is. Rejected with {@link FetchFailed}, also with the signal's reason, which
   * must be one.
   */
  async fetch(
    plugin: string,
    parent: Exchange,
    request: OutboundRequest,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const tell = (outcome: FetchOutcome): void => this.#onDone(plugin, outcome);
    return tellOutcome(this.#fetch(parent, request, signal), tell);
  }

  async #fetch(
    parent: Exchange,
    request: OutboundRequest,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    checkRequest(request);
    if (request.body.length > 0) {
      throw new FetchFailed("invalid", "a request to the own service has no body");
    }
    if (this.#clients.size >= MAX_SUBREQUESTS) {
      throw new FetchFailed("limit", "too many requests to own services are under way");
    }
    const client = new SubrequestClient(request);
    const exchange = childOf(parent, request, client);
    const giveUp = (): void => {
      client.fail(signal.reason as FetchFailed); // See above.
      this.#fail(exchange, new GatewayError("client_closed", "the plugin gave up"));
    };
    const { timeoutMs } = request;
    const timer = setTimeout(() => {
      client.fail(new FetchFailed("timeout", `there was no whole answer within ${timeoutMs} ms`));
      this.#fail(exchange, new GatewayError("client_closed", "the plugin waits no longer"));
    }, timeoutMs).unref();
    client.onTooLong = () =>
      this.#fail(exchange, new GatewayError("client_closed", "the answer is too long"));
    this.#clients.set(exchange, client);
    exchange.snapshot?.begin();
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    else this.#attempt(exchange, (each) => this.#request.forward(each));
    try {
      return await client.response;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  #attempt(exchange: Exchange, step: (exchange: Exchange) => void): void {
    try {
      step(exchange);
    } catch (thrown) {
      this.#fail(exchange, toGatewayError(thrown));
    }
  }

  #fail(exchange: Exchange, error: GatewayError): void {
    if (exchange.isOver) return;
    exchange.error = error;
    this.#request.abandon(exchange);
    const reason = error.status === 504 ? "timeout" : "unreachable";
    this.#clients.get(exchange)?.fail(new FetchFailed(reason, error.message, error));
    this.#end(exchange);
  }

  #end(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.#clients.delete(exchange);
    this.#request.end(exchange);
    if (exchange.underWay !== undefined) for (const giveUp of exchange.underWay) giveUp();
    if (exchange.leavings !== undefined) for (const leave of exchange.leavings) leave();
    exchange.snapshot?.end();
  }
}

/** Throws {@link FetchFailed}. */
function childOf(parent: Exchange, request: OutboundRequest, client: SubrequestClient): Exchange {
  const { route, match } = parent;
  if (route?.service === undefined || match === undefined) {
    throw new FetchFailed("invalid", "the request has no service that could be asked");
  }
  const [, written = "", query = ""] = /^([^?#]*)\??([^#]*)/.exec(request.url) ?? [];
  const path = canonicalPath(written);
  if (path === undefined) throw new FetchFailed("invalid", "the path is not safe to send");
  const fields = fieldsOf(parent, request);
  const head = {
    id: parent.id,
    startedAtMs: performance.now(),
    method: request.method,
    path,
    hasPlainPath: isPlainPath(path),
    query,
    minorVersion: 1,
    host: parent.host,
    authority: parent.authority,
    fields,
    framing: NO_BODY,
    acceptsTrailers: false,
    upgrade: undefined,
    isForGateway: false,
  };
  const exchange = new Exchange(head, client, withoutTokens(parent.connection));
  exchange.relayed = parent.relayed;
  exchange.snapshot = parent.snapshot;
  exchange.match = match;
  exchange.route = route;
  exchange.consumer = parent.consumer;
  exchange.credential = parent.credential;
  exchange.upstreamChoice = parent.upstreamChoice;
  exchange.isAnsweredPlainly = true;
  if (path === parent.path) exchange.pathOverride = parent.pathOverride;
  else if (!path.startsWith(parent.routedPath.slice(0, match.prefixLength))) {
    exchange.pathOverride = path;
  }
  return exchange;
}

/**
 * The plugin's, and what the gateway and its plugins say of the parent's client: the service must not take it for
 * another one.
 */
function fieldsOf({ requestFields }: Exchange, { headers }: OutboundRequest): Fields {
  const fields = new Fields();
  for (const [text, value] of headers) {
    const name = fieldName(text);
    if (!saysWhoAsks(name)) fields.push(name, value);
  }
  for (const [at, name] of requestFields.names.entries()) {
    if (saysWhoAsks(name)) fields.push(name, requestFields.values[at] ?? "");
  }
  return fields;
}

/** What the client sent under these names was dropped. */
function saysWhoAsks({ role }: FieldName): boolean {
  return role === FieldRole.managed || role === FieldRole.identity;
}

/** What the gateway says of itself belongs to the client's response. */
function withoutTokens(connection: ConnectionInfo): ConnectionInfo {
  // All the rest is read from the parent's connection, whatever way it has it. The result is as the interface says.
  return Object.create(connection, { responseTokens: { value: [] } }) as ConnectionInfo;
}
