// What an Extism plugin gets to see of a request, as JSON (plugin-sdk/EXTISM.md). Field values are latin-1: each byte of
// the wire is one character.
import type { Phase } from "@sluice/plugin-sdk/abi";
import { epochMs } from "../../exchange.ts";
import type { Exchange } from "../../exchange.ts";
import type { Fields } from "../../http1/fields.ts";

export function inputOf(phase: Phase, exchange: Exchange, entryJson: string): string {
  const { route, consumer } = exchange;
  const service = route?.service;
  const input = {
    phase,
    request: {
      id: exchange.id,
      method: exchange.method,
      scheme: exchange.connection.scheme,
      host: exchange.host,
      path: exchange.pathOverride ?? exchange.path,
      query: exchange.query,
      http_version: exchange.minorVersion === 1 ? "1.1" : "1.0",
      started_at_ms: epochMs(exchange.startedAtMs),
      headers: pairsOf(exchange.requestFields),
    },
    response:
      phase === "access"
        ? null
        : { status: exchange.status, headers: pairsOf(exchange.responseFields) },
    client: { address: exchange.clientAddress, port: exchange.clientPort },
    route: route === undefined ? null : { id: route.config.id, name: route.config.name ?? null },
    service:
      service === undefined ? null : { id: service.config.id, name: service.config.name ?? null },
    consumer:
      consumer === undefined
        ? null
        : {
            id: consumer.id,
            username: consumer.username ?? null,
            custom_id: consumer.customId ?? null,
          },
  };
  // The entry's JSON is ready: written once, for each request only put before the rest.
  return `{"plugin":${entryJson},${JSON.stringify(input).slice(1)}`;
}

function pairsOf(fields: Fields): [string, string][] {
  return fields.names.map(({ lower }, at) => [lower, fields.values[at] ?? ""]);
}
