// One request and its response on their way through the gateway. Codecs, pipeline, plugins and transports know the
// Exchange and not each other.
import type { PluginBodies } from "./bodies/plugin-bodies.ts";
import type { ConnectionForwarding } from "./clients/forwarding-fields.ts";
import type { Relayed } from "./clients/relayed.ts";
import type { ConsumerConfig, CredentialConfig } from "./config/model.ts";
import type { GatewayError } from "./errors.ts";
import type { FieldName } from "./http1/field-name.ts";
import { Fields } from "./http1/fields.ts";
import type { Framing } from "./http1/framing.ts";
import type { Tunnel } from "./http1/tunnel.ts";
import type { Verdict } from "./plugins/plugin.ts";
import type { ConnectionTokens } from "./response-tokens.ts";
import type { RouteMatch } from "./routing/router.ts";
import type { SharedData } from "./shared-data.ts";
import type { Route, Service, Snapshot } from "./snapshot.ts";
import type { TimeLimit } from "./time-limit.ts";
import type { Trace } from "./trace.ts";
import type { UpstreamChoice } from "./upstream-choice.ts";
import type { Admission } from "./upstream/admission.ts";
import type { TryObserver } from "./upstream/balancer.ts";
import type { CircuitBreaker } from "./upstream/breaker/circuit-breaker.ts";
import type { TrySeries } from "./tries/try-series.ts";
import type { Target } from "./upstream/target.ts";

/** What is known of the connection that a request came on. */
export interface ConnectionInfo extends ConnectionForwarding, ConnectionTokens {
  /** Number of the connection in this process. */
  readonly id: number;
  /** Canonical address of the other end, be it the client or a proxy in between (see Exchange.clientAddress). */
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly scheme: "http" | "https";
  /** Requests begun on it, the current one included. */
  readonly requests: number;
}

/** Where a request body goes. A receiver that is full calls {@link BodySource.pauseBody}. */
export interface BodyReceiver {
  writeBody(piece: Buffer): void;
  /** No more is at hand for now. */
  flushBody(): void;
  endBody(trailers?: Fields): void;
}

/** Where a request's body comes from: the client, or what plugins make of what it sends. */
export interface BodySource {
  /** Starts reading the request's body into the receiver. */
  readBody(receiver: BodyReceiver): void;
  /** Takes the body back from its receiver, for another one; false when that one has got something of it. */
  withdrawBody(): boolean;
  /** All of it is kept: another receiver gets the same from the start. */
  readonly isRepeatable?: boolean;
  pauseBody(): void;
  resumeBody(): void;
}

/** Takes a response's body instead of the client. */
export interface ResponseSink {
  write(piece: Buffer): void;
  /** No more is at hand for now. */
  flush(): void;
  end(trailers?: Fields): void;
}

/** The client's end of an exchange: a socket's codec, or a Request that waits for its Response. */
export interface ClientSide extends BodySource {
  /** Sends a 1xx response ahead of the final one; nothing where the client cannot take one. */
  sendInformational(status: number, fields: Fields): void;
  /** Starts the response from the exchange's status and fields. */
  sendHead(exchange: Exchange): void;
  /** A client that is full calls {@link UpstreamSide.pauseResponse}, and {@link UpstreamSide.resumeResponse} later. */
  sendBody(piece: Buffer): void;
  readonly isFull: boolean;
  /** Trailers go only to a client that accepts them (RFC 9110 §6.5.1). */
  sendEnd(trailers?: Fields): void;
  /** Hands what was gathered to the network; called when nothing more is at hand for now. */
  flush(): void;
  /** The response cannot be finished: the client must see that it is cut. */
  abort(): void;
}

/** The upstream's end of an exchange: one call on a transport. */
export interface UpstreamSide extends BodyReceiver {
  pauseResponse(): void;
  resumeResponse(): void;
  /** Gives the call up, and the connection with it. */
  abort(): void;
}

/** How a plugin changes the response before there is one. */
export interface ResponseEdit {
  readonly kind: "set" | "add" | "remove";
  readonly name: FieldName;
  readonly value: string;
}

/** The first one, one after it, or one beside it. */
export type TryKind = "first" | "retry" | "hedge";

/** One attempt to reach a target, as Kong's `tries`. */
export interface Try {
  readonly target: Target;
  /** Left out, it is the first. */
  readonly kind?: TryKind;
  /** Who hears of it; undefined when nobody does. */
  readonly observer?: TryObserver | undefined;
  /** Who let it in; undefined when nobody had to. */
  readonly admission?: Admission | undefined;
  readonly route?: Route | undefined;
  /** Who let it through; undefined when none had to. */
  breaker?: CircuitBreaker | undefined;
  /** Of the circuit breaker, until it is told what became of the try. */
  permit?: number | undefined;
  readonly startedAtMs: number;
  /** Of the head of its response; 0 as long as there is none. */
  status?: number;
  /** From its start to that head, ms. */
  headAfterMs?: number;
  error: GatewayError | undefined;
  /** Observer and admission were told its end. */
  isOver?: boolean;
  /** Its response was not taken: it was to be had better, or another try was faster. */
  isAbandoned?: boolean;
}

export type ResponseSource = "upstream" | "gateway" | "plugin";

/** Milliseconds since 1970 of the monotonic clock's zero. */
const CLOCK_ORIGIN_MS = performance.timeOrigin;

export class Exchange {
  readonly id: string;
  readonly client: ClientSide;
  readonly connection: ConnectionInfo;
  /** Monotonic, ms; {@link epochMs} turns it into a date. */
  readonly startedAtMs: number;

  /** As plugins have left it. */
  method: string;
  /** As the client sent it: it says how a response is framed. */
  readonly clientMethod: string;
  /** Canonical path, without the query. */
  path: string;
  /** The path has no escape and no parameter, so that it can be read in one way only. */
  readonly hasPlainPath: boolean;
  /** Raw query without `?`. */
  query: string;
  readonly minorVersion: number;
  /** Lower case, without port. */
  readonly host: string;
  /** Host and port as the client wrote them. */
  readonly authority: string;
  readonly requestFields: Fields;
  /** As the upstream gets it. */
  requestFraming: Framing;
  /** Where the upstream gets the body from. */
  requestBody: BodySource;
  /** The client may get trailers (RFC 9110 §6.5.1). */
  readonly acceptsTrailers: boolean;
  /** Value of Upgrade: the protocols that may follow 101; undefined when none may. */
  readonly upgrade: string | undefined;
  /** The gateway is the one that is asked: nothing is forwarded. */
  readonly isForGateway: boolean;
  /** The path as it was routed, before strip_path and plugins. */
  readonly routedPath: string;
  /** Head and body as read from the client. */
  requestBytes = 0;

  /** What a trusted peer says of the client; undefined from anybody else. */
  relayed: Relayed | undefined;
  snapshot: Snapshot | undefined;
  match: RouteMatch | undefined;
  route: Route | undefined;
  /** Characters of the path that strip_path takes away. */
  prefixLength = 0;
  consumer: ConsumerConfig | undefined;
  credential: CredentialConfig | undefined;
  /** What the access phase came to. */
  verdict: Verdict | undefined;
  /** Of routes that have a timeout. */
  timeLimit: TimeLimit | undefined;
  /** Where the access phase goes on after a wait. */
  chainPosition = 0;
  /** What is to be done when no plugin needs the exchange any more. */
  leavings: (() => void)[] | undefined;
  /** Where header_filter goes on after a wait. */
  filterPosition = 0;
  /** What plugins do with the bodies; undefined as long as it is nothing. */
  bodies: PluginBodies | undefined;
  /** Who takes the response's body instead of the client: a plugin that holds the head, or sees the body. */
  responseSink: ResponseSink | undefined;
  responseEdits: ResponseEdit[] | undefined;
  /** What plugins tell each other. */
  sharedData: SharedData | undefined;
  /** See request-id.ts; undefined and 0 as long as nobody asks. */
  uuid: string | undefined;
  serial = 0;
  /** Spans of plugins; undefined as long as nobody asks. */
  trace: Trace | undefined;
  /** A plugin's choice, instead of what the service says. */
  upstreamChoice: UpstreamChoice | undefined;
  /** A plugin's path for the upstream, instead of the route's and service's. */
  pathOverride: string | undefined;

  upstream: UpstreamSide | undefined;
  /** Set once the upstream has said 101. */
  tunnel: Tunnel | undefined;
  tries: Try[] | undefined;
  /** Of routes with a policy about tries. */
  series: TrySeries | undefined;
  /** Asked instead of the route's service, which has failed. */
  fallbackService: Service | undefined;
  /** How many tries there were before that. */
  fallbackTriesStart = 0;
  /** Steps of the route's fallback that were tried or left out. */
  fallbackSteps = 0;
  upstreamUri = "";

  status = 0;
  reason = "";
  responseFields: Fields = NO_FIELDS;
  responseFraming: Framing | undefined;
  responseSource: ResponseSource = "gateway";
  /** Body of a response that the gateway or a plugin made. */
  responseBody: string | Buffer | undefined;
  responseBytes = 0;
  informationalCount = 0;
  error: GatewayError | undefined;
  /** The response goes by no plugin: one of them has failed. */
  isAnsweredPlainly = false;
  /** Gives up what plugins asked of others and what has no use once this is over. */
  underWay: Set<() => void> | undefined;
  isHeadSent = false;
  isOver = false;

  forwardedAtMs = 0;
  upstreamHeadAtMs = 0;
  endedAtMs = 0;

  constructor(request: RequestHead, client: ClientSide, connection: ConnectionInfo) {
    this.id = request.id;
    this.client = client;
    this.connection = connection;
    this.startedAtMs = request.startedAtMs;
    this.method = request.method;
    this.clientMethod = request.method;
    this.path = request.path;
    this.routedPath = request.path;
    this.hasPlainPath = request.hasPlainPath;
    this.query = request.query;
    this.minorVersion = request.minorVersion;
    this.host = request.host;
    this.authority = request.authority;
    this.requestFields = request.fields;
    this.requestFraming = request.framing;
    this.requestBody = client;
    this.acceptsTrailers = request.acceptsTrailers;
    this.upgrade = request.upgrade;
    this.isForGateway = request.isForGateway;
  }

  /** Of the client, as far as it is known: of the peer, unless a trusted peer tells of another. */
  get clientAddress(): string {
    return this.relayed === undefined ? this.connection.peerAddress : this.relayed.client.address;
  }

  /** 0 when a trusted peer did not tell it. */
  get clientPort(): number {
    return this.relayed === undefined ? this.connection.peerPort : this.relayed.client.port;
  }

  /** All values of a request header, for routing. */
  headers(lower: string): readonly string[] {
    return this.requestFields.all(lower);
  }
}

const NO_FIELDS: Fields = new Fields();

/** What a codec read of a request. */
export interface RequestHead {
  readonly id: string;
  readonly startedAtMs: number;
  readonly method: string;
  readonly path: string;
  readonly hasPlainPath: boolean;
  readonly query: string;
  readonly minorVersion: number;
  readonly host: string;
  readonly authority: string;
  readonly fields: Fields;
  readonly framing: Framing;
  readonly acceptsTrailers: boolean;
  readonly upgrade: string | undefined;
  readonly isForGateway: boolean;
}

/** A reading of the monotonic clock as ms since 1970. */
export function epochMs(monotonicMs: number): number {
  return CLOCK_ORIGIN_MS + monotonicMs;
}

/** The same in ns, exact: a number would not hold it. */
export function epochNs(monotonicMs: number): bigint {
  return CLOCK_ORIGIN_NS + BigInt(Math.round(monotonicMs * 1e6));
}

const CLOCK_ORIGIN_NS = BigInt(Math.round(CLOCK_ORIGIN_MS * 1e3)) * 1000n;
