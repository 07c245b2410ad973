// Kong's log record of one exchange, as JSON (kong/pdk/log.lua, serialize). It is written by hand, part by part:
// routes and services bring theirs ready, and one object with everything in it costs three times as much.
import type { ConsumerConfig } from "./config/model.ts";
import { epochMs } from "./exchange.ts";
import type { Exchange, Try } from "./exchange.ts";
import type { FieldName } from "./http1/field-name.ts";
import type { Fields } from "./http1/fields.ts";
import { queryPairs } from "./query.ts";

/** Stands for every credential. */
const REDACTED = '"REDACTED"';

/** Names whose values are credentials wherever they occur (L2). */
const ALWAYS_SECRET = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "apikey",
  "x-api-key",
  "api-key",
  "access_token",
]);

export function logRecord(exchange: Exchange): string {
  const { connection, route, snapshot } = exchange;
  const secrets = (route ?? snapshot?.noRoute)?.secretNames ?? ALWAYS_SECRET;
  const query = redactedQuery(exchange.query, secrets);
  const uri = text(exchange.routedPath + (query === "" ? "" : `?${query}`));
  const url = text(
    `${connection.scheme}://${exchange.host}:${connection.serverPort}${exchange.routedPath}${query === "" ? "" : `?${query}`}`,
  );
  return (
    `{"request":{"id":"${exchange.id}","method":"${exchange.method}","uri":${uri},"url":${url},` +
    `"querystring":${querystring(exchange.query, secrets)},"headers":${headers(exchange.requestFields, secrets)},` +
    `"size":${exchange.requestBytes}},"upstream_uri":${text(withoutQuery(exchange.upstreamUri))},` +
    `"upstream_status":${upstreamStatus(exchange)},` +
    `"response":{"status":${exchange.status},"headers":${headers(exchange.responseFields, secrets)},` +
    `"size":${exchange.responseBytes}},"latencies":${latencies(exchange)},"tries":${tries(exchange)},` +
    `${identity(exchange)}${route?.recordText ?? ""}"client_ip":${text(exchange.clientAddress)},` +
    `"started_at":${Math.floor(epochMs(exchange.startedAtMs))},"source":"${source(exchange)}",${traceId(exchange)}` +
    `${failure(exchange)}"workspace":"default"}`
  );
}

/** All names that a chain's configs say carry credentials, and those that always do; in lower case. */
export function secretNames(named: Iterable<string>): ReadonlySet<string> {
  const lower = [...named].map((name) => name.toLowerCase());
  return lower.length === 0 ? ALWAYS_SECRET : new Set([...ALWAYS_SECRET, ...lower]);
}

/** JSON of a string. Most strings need no escape, and finding that out is cheaper than JSON.stringify. */
function text(value: string): string {
  return /["\\\x00-\x1f\x7f-\uffff]/.test(value) ? JSON.stringify(value) : `"${value}"`;
}

function withoutQuery(uri: string): string {
  const mark = uri.indexOf("?");
  return mark < 0 ? uri : uri.slice(0, mark);
}

function redactedQuery(query: string, secrets: ReadonlySet<string>): string {
  if (query === "") return "";
  return queryPairs(query)
    .map((pair) =>
      secrets.has(pair.name.toLowerCase())
        ? `${encodeURIComponent(pair.name)}=REDACTED`
        : pair.text,
    )
    .join("&");
}

function querystring(query: string, secrets: ReadonlySet<string>): string {
  if (query === "") return "{}";
  const members = queryPairs(query).map((pair) => ({
    name: pair.name,
    value: secrets.has(pair.name.toLowerCase()) ? REDACTED : text(pair.value),
  }));
  return json(members);
}

function headers(fields: Fields, secrets: ReadonlySet<string>): string {
  let out = "";
  for (let at = 0; at < fields.length; at++) {
    const name = fields.names[at] as FieldName;
    if (isRepeated(fields, at)) return repeatedHeaders(fields, secrets);
    const value = secrets.has(name.lower) ? REDACTED : text(fields.values[at] as string);
    out += at === 0 ? name.jsonKey + value : `,${name.jsonKey}${value}`;
  }
  return `{${out}}`;
}

/** Whether a field before this one has the same name. */
function isRepeated({ names }: Fields, at: number): boolean {
  const lower = names[at]?.lower;
  for (let before = 0; before < at; before++) if (names[before]?.lower === lower) return true;
  return false;
}

function repeatedHeaders(fields: Fields, secrets: ReadonlySet<string>): string {
  const members = fields.names.map(({ lower }, at) => ({
    name: lower,
    value: secrets.has(lower) ? REDACTED : text(fields.values[at] ?? ""),
  }));
  return json(members);
}

/** An object; a name that occurs more than once gets an array of its values, as in Kong. */
function json(members: readonly { name: string; value: string }[]): string {
  const byName = new Map<string, string[]>();
  for (const { name, value } of members) {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [value]);
    else values.push(value);
  }
  const parts = [...byName].map(
    ([name, values]) =>
      `${text(name)}:${values.length === 1 ? values[0] : `[${values.join(",")}]`}`,
  );
  return `{${parts.join(",")}}`;
}

function upstreamStatus(exchange: Exchange): string {
  return exchange.responseSource === "upstream" && exchange.upstreamHeadAtMs !== 0
    ? `"${exchange.status}"`
    : "null";
}

/** Kong's names. */
export interface Latencies {
  readonly request: number;
  readonly kong: number;
  /** -1 when no upstream answered. */
  readonly proxy: number;
  readonly receive: number;
}

/** ms: all of it, ours, waiting for the upstream's head, and reading the rest of its response. */
export function latenciesOf(exchange: Exchange): Latencies {
  const { startedAtMs, forwardedAtMs, upstreamHeadAtMs, endedAtMs } = exchange;
  const request = Math.round(endedAtMs - startedAtMs);
  const proxy = upstreamHeadAtMs === 0 ? -1 : Math.round(upstreamHeadAtMs - forwardedAtMs);
  const receive = upstreamHeadAtMs === 0 ? 0 : Math.round(endedAtMs - upstreamHeadAtMs);
  const kong = Math.max(0, request - Math.max(0, proxy) - receive);
  return { request, kong, proxy, receive };
}

function latencies(exchange: Exchange): string {
  const { request, kong, proxy, receive } = latenciesOf(exchange);
  return `{"request":${request},"kong":${kong},"proxy":${proxy},"receive":${receive}}`;
}

function tries(exchange: Exchange): string {
  if (exchange.tries === undefined) return "[]";
  const parts = exchange.tries.map((attempt) => {
    const { target, startedAtMs } = attempt;
    const code = tryState(attempt);
    return `{"ip":${text(target.host)},"port":${target.port},"balancer_start":${Math.floor(epochMs(startedAtMs))}${code}}`;
  });
  return `[${parts.join(",")}]`;
}

/** Kong's words for a failure and for a response that was not good enough; a try that another outran is our own. */
function tryState({ kind, status = 0, error, isAbandoned }: Try): string {
  const beside = kind === "hedge" ? `,"hedge":true` : "";
  if (error !== undefined) {
    return `${beside},"state":"failed","code":${error.status},"error":"${error.code}"`;
  }
  if (isAbandoned !== true) return beside;
  return `${beside},"state":"${status > 0 ? "next" : "aborted"}"${status > 0 ? `,"code":${status}` : ""}`;
}

function identity(exchange: Exchange): string {
  const { consumer, credential } = exchange;
  const entity =
    credential === undefined ? "" : `"authenticated_entity":{"id":${text(credential.id)}},`;
  if (consumer === undefined) return entity;
  let part = consumerParts.get(consumer);
  if (part === undefined) {
    const { id, username, customId } = consumer;
    part = `"consumer":${JSON.stringify({ id, username, custom_id: customId })},`;
    consumerParts.set(consumer, part);
  }
  return entity + part;
}

const consumerParts = new WeakMap<ConsumerConfig, string>();

/** Kong's words: who made the response. */
function source(exchange: Exchange): string {
  switch (exchange.responseSource) {
    case "upstream":
      return "upstream";
    case "plugin":
      return "exit";
    case "gateway":
      return "error";
  }
}

/** Only of requests on whose trace plugins measured something. */
function traceId({ trace }: Exchange): string {
  return trace?.hasSpans === true ? `"trace_id":{"w3c":"${trace.id}"},` : "";
}

function failure(exchange: Exchange): string {
  return exchange.error === undefined ? "" : `"error":"${exchange.error.code}",`;
}
