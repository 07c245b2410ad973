// What consistent hashing goes by, read from a request.
import type { CookieConfig, HashInput, UpstreamConfig } from "../../config/upstream-model.ts";
import type { Exchange } from "../../exchange.ts";
import { queryPairs } from "../../query.ts";
import type { HashKey } from "./consistent-hashing.ts";
import { cookieOf, setCookie } from "./cookie.ts";
import { hashText } from "./hash.ts";

/** The key by hash_on or else by hash_fallback. `newCookieValue` is for clients that have no cookie yet. */
export function hashKey(
  config: Pick<UpstreamConfig, "hashOn" | "hashFallback" | "hashOnCookiePath">,
  newCookieValue: () => string,
): HashKey {
  const of = (input: HashInput): HashKey =>
    reader(input, (name) => ({ name, path: config.hashOnCookiePath }), newCookieValue);
  const first = of(config.hashOn);
  const second = of(config.hashFallback);
  return (exchange) => first(exchange) ?? second(exchange);
}

function reader(
  input: HashInput,
  cookie: (name: string) => CookieConfig,
  newCookieValue: () => string,
): HashKey {
  switch (input.kind) {
    case "none":
      return () => undefined;
    case "consumer":
      return ({ consumer }) => (consumer === undefined ? undefined : hashText(consumer.id));
    case "ip":
      return ({ clientAddress }) => hashText(clientAddress);
    case "path":
      return ({ routedPath }) => hashText(routedPath);
    case "header":
      return ({ requestFields }) => hashAll(requestFields.all(input.name));
    case "cookie":
      return (exchange) => hashText(stickyValue(exchange, cookie(input.name), newCookieValue));
    case "query_arg":
      return ({ query }) => {
        const pairs = queryPairs(query).filter(({ name }) => name === input.name);
        return hashAll(pairs.map(({ value }) => value));
      };
    case "uri_capture":
      return ({ match, routedPath }) => {
        const captured = match?.pattern?.capture(routedPath, input.name);
        return captured === undefined ? undefined : hashText(captured);
      };
  }
}

/** Several values in another order are the same key, as in Kong. */
function hashAll(values: readonly string[]): number | undefined {
  if (values.length === 0) return undefined;
  let hash: number | undefined;
  for (const value of values.length === 1 ? values : values.toSorted()) {
    hash = hashText(value, hash);
  }
  return hash;
}

function stickyValue(exchange: Exchange, cookie: CookieConfig, newValue: () => string): string {
  const sent = cookieOf(exchange, cookie.name);
  if (sent !== undefined) return sent;
  const value = newValue();
  setCookie(exchange, cookie, value);
  return value;
}
