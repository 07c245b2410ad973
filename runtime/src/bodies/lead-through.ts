// Puts the plugins of a chain that see bodies between the sender of a body and its receiver.
import type { Exchange, ResponseSink } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import type { PluginChain } from "../plugins/chain.ts";
import type { BodyPhase } from "../plugins/plugin.ts";
import type { BodyLink } from "./body-filter.ts";
import { mayEncode, stateCoding } from "./content-coding.ts";
import { EncodedResponse } from "./encoded-response.ts";
import { FilteredRequest } from "./filtered-request.ts";
import { FilteredResponse } from "./filtered-response.ts";
import { frameRequest, frameResponse, mayHaveBody } from "./new-framing.ts";
import { PluginBodies } from "./plugin-bodies.ts";

/** Before the upstream gets the request's head. */
export function leadRequestThrough(
  exchange: Exchange,
  chain: PluginChain,
  onFailed: (thrown: unknown) => void,
): void {
  const newLength = exchange.bodies?.newRequestLength;
  if (newLength !== undefined) frameRequest(exchange, newLength);
  if (exchange.requestFraming.kind === "none") return;
  const phase = "request_body";
  const links = linksOf(exchange, chain, phase);
  if (links.length === 0) return;
  frameRequest(exchange, undefined);
  const bodies = PluginBodies.of(exchange);
  const options = { exchange, bodies, phase, links } as const;
  exchange.requestBody = new FilteredRequest(exchange.requestBody, options, onFailed);
}

/** What becomes of a response that was led through. */
export interface ResponseOutcome {
  /** All of it is with the client. */
  readonly onEnd: (trailers?: Fields) => void;
  /** While nobody was there to be told. */
  readonly onFailed: (thrown: unknown) => void;
}

/** Before the client gets the response's head. What takes the body instead of the client, if anything does. */
export function leadResponseThrough(
  exchange: Exchange,
  chain: PluginChain,
  outcome: ResponseOutcome,
): ResponseSink | undefined {
  // After 101 there is no message any more.
  if (exchange.responseFraming?.kind === "tunnel") return undefined;
  const newBody = exchange.bodies?.newResponse;
  if (newBody !== undefined) frameResponse(exchange, newBody.length);
  const phase = "body_filter";
  const links = linksOf(exchange, chain, phase);
  const encoded = encode(exchange, outcome);
  if (links.length === 0) return encoded;
  // To HEAD, too: the length that a GET would have got is not known.
  if (!mayHaveBody(exchange)) exchange.responseFields.remove("content-length");
  else if (exchange.responseFraming?.kind !== "none") frameResponse(exchange, undefined);
  if (exchange.responseFraming?.kind === "none") return undefined;
  const bodies = PluginBodies.of(exchange);
  const next = encoded ?? clientSink(exchange, outcome);
  return new FilteredResponse({ exchange, bodies, phase, links }, next);
}

/** The last of all: plugins see a body as it is meant. */
function encode(exchange: Exchange, outcome: ResponseOutcome): ResponseSink | undefined {
  const coding = exchange.bodies?.responseCoding;
  if (coding === undefined || !mayEncode(exchange)) return undefined;
  stateCoding(exchange, coding.coding);
  return new EncodedResponse({ exchange, coding, ...outcome });
}

function clientSink({ client }: Exchange, { onEnd }: ResponseOutcome): ResponseSink {
  return {
    write: (piece) => client.sendBody(piece),
    flush: () => client.flush(),
    end: onEnd,
  };
}

function linksOf(exchange: Exchange, chain: PluginChain, phase: BodyPhase): readonly BodyLink[] {
  const links = chain.bodyLinks(phase, exchange);
  const { bodies } = exchange;
  if (bodies === undefined) return links;
  return links.filter(({ plugin }) => !bodies.skips(phase, plugin.name));
}
