// Host functions on the rest of a request: properties, numbers, query arguments and the early answer.
import { Fault, MAX_BODY_BYTES, NumberProperty, Property, SetMode } from "@sluice/plugin-sdk/abi";
import { RefusedByPlugin } from "../../errors.ts";
import { epochMs } from "../../exchange.ts";
import { latenciesOf } from "../../record.ts";
import type { Exchange } from "../../exchange.ts";
import { TARGET_CHARACTERS, TOKEN_CHARACTERS, consistsOf } from "../../http1/characters.ts";
import { changeQuery, queryPairs } from "../../query.ts";
import { canonicalPath } from "../../routing/path.ts";
import type { Look } from "./decisions/recording.ts";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry } from "./host-services.ts";
import { readUpstreamProperty, setUpstreamProperty } from "./upstream-properties.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export function propertyFunctions(
  plugin: string,
  memory: GuestMemory,
  call: GuestCall,
  entries: readonly GuestEntry[],
): HostFunctions<
  | "property_get"
  | "property_set"
  | "number_get"
  | "number_set"
  | "query_get"
  | "query_set"
  | "respond"
> {
  /** The exchange that may be changed in the access phase, or the fault. */
  const changeable = (request: number): Exchange | number => {
    const exchange = call.exchangeOf(request);
    if (exchange === undefined) return Fault.badHandle;
    return call.phaseOf(request) === "access" ? exchange : Fault.wrongPhase;
  };

  return {
    property_get: (_, request, property, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const value = readProperty(exchange, property);
      call.recordingOf(request)?.saw(propertyLook(property), value);
      return value === undefined ? Fault.absent : memory.writeUtf8(value, buffer, limit);
    },

    property_set: (_, request, property, value, valueLength) => {
      const exchange = changeable(request);
      if (typeof exchange === "number") return exchange;
      const text = memory.readUtf8(value, valueLength);
      const { grants } = entries[call.of(request)?.entry ?? -1] ?? {};
      const choice = setUpstreamProperty(exchange, property, text, grants);
      // Whether a path or an upstream may be set is not for the plugin alone to say.
      if (choice !== undefined || property === Property.path) call.spoilRecording();
      if (choice !== undefined) return choice;
      const result = setProperty(exchange, property, text);
      if (result === 0) {
        call
          .recordingOf(request)
          ?.did((like) => void setProperty(like, property, text), text, propertyPart(property));
      }
      return result;
    },

    number_get: (_, request, number) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Number.NaN;
      const isMeasured = number >= NumberProperty.requestBytes;
      if (isMeasured && call.phaseOf(request) !== "log") return Number.NaN;
      const value = isMeasured ? readMeasured(exchange, number) : readNumber(exchange, number);
      if (isMeasured) call.spoilRecording();
      else call.recordingOf(request)?.saw(numberLook(number), String(value));
      return value;
    },

    number_set: (_, request, number, value) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (number !== NumberProperty.status) return Fault.denied;
      if (call.phaseOf(request) !== "header_filter") return Fault.wrongPhase;
      // How the body is framed is decided: a status that has none and one that has do not stand for each other.
      // Nor does any for 101: what follows that is no response at all.
      if (exchange.status === 101) return Fault.badValue;
      if (!isFinalStatus(value) || hasNoBody(value) !== hasNoBody(exchange.status)) {
        return Fault.badValue;
      }
      exchange.status = value;
      exchange.reason = "";
      return 0;
    },

    query_get: (_, request, name, nameLength, index, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const recording = call.recordingOf(request);
      if (exchange.query === "" && recording === undefined) return Fault.absent;
      const wanted = memory.readUtf8(name, nameLength);
      const value = queryArgument(exchange.query, wanted, index);
      recording?.saw(queryLook(wanted, index), value);
      return value === undefined ? Fault.absent : memory.writeUtf8(value, buffer, limit);
    },

    query_set: (_, request, name, nameLength, value, valueLength, mode) => {
      const exchange = changeable(request);
      if (typeof exchange === "number") return exchange;
      const text = mode === SetMode.remove ? undefined : memory.readUtf8(value, valueLength);
      const changed = {
        name: memory.readUtf8(name, nameLength),
        value: text,
        keepsOthers: mode === SetMode.add,
      };
      exchange.query = changeQuery(exchange.query, changed);
      call.recordingOf(request)?.did(
        (like) => {
          like.query = changeQuery(like.query, changed);
        },
        text ?? "",
        QUERY,
      );
      return 0;
    },

    respond: (_, request, status, body, bodyLength) => {
      const answering = call.of(request);
      const exchange = answering?.exchange;
      if (answering === undefined || exchange === undefined) return Fault.badHandle;
      const { phase } = answering;
      if (phase !== "access" && phase !== "request_body") return Fault.wrongPhase;
      if (!isFinalStatus(status)) return Fault.badValue;
      if (bodyLength >>> 0 > MAX_BODY_BYTES) return Fault.limit;
      const bytes = Buffer.from(memory.bytes(body, bodyLength, MAX_BODY_BYTES));
      if (phase === "request_body") {
        // The exchange may have the upstream's status already.
        answering.failsAs = new RefusedByPlugin(plugin, status, bytes);
        return 0;
      }
      exchange.status = status;
      exchange.responseBody = bytes;
      answering.hasResponded = true;
      return 0;
    },
  };
}

function propertyLook(property: number): Look {
  return {
    name: `property ${property}`,
    of: propertyPart(property),
    read: (exchange) => readProperty(exchange, property),
  };
}

function numberLook(number: number): Look {
  const name = `number ${number}`;
  return { name, of: name, read: (exchange) => String(readNumber(exchange, number)) };
}

const QUERY = "query";

function propertyPart(property: number): string {
  return property === Property.query ? QUERY : `property ${property}`;
}

function queryLook(name: string, index: number): Look {
  return {
    name: `query ${index} ${name}`,
    of: QUERY,
    read: ({ query }) => queryArgument(query, name, index),
  };
}

function queryArgument(query: string, name: string, index: number): string | undefined {
  if (query === "") return undefined;
  return queryPairs(query).filter((each) => each.name === name)[index]?.value;
}

export function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}

/** RFC 9112 §6.3. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

function readProperty(exchange: Exchange, property: number): string | undefined {
  switch (property) {
    case Property.method:
      return exchange.method;
    case Property.path:
      return exchange.pathOverride ?? exchange.path;
    case Property.query:
      return exchange.query;
    case Property.scheme:
      return exchange.connection.scheme;
    case Property.host:
      return exchange.host;
    case Property.httpVersion:
      return exchange.minorVersion === 1 ? "1.1" : "1.0";
    case Property.clientAddress:
      return exchange.clientAddress;
    case Property.requestId:
      return exchange.id;
    case Property.routeId:
      return exchange.route?.config.id;
    case Property.routeName:
      return exchange.route?.config.name;
    case Property.serviceId:
      return exchange.route?.service?.config.id;
    case Property.serviceName:
      return exchange.route?.service?.config.name;
    case Property.consumerId:
      return exchange.consumer?.id;
    case Property.consumerUsername:
      return exchange.consumer?.username;
    case Property.consumerCustomId:
      return exchange.consumer?.customId;
    case Property.credentialId:
      return exchange.credential?.id;
    case Property.serverAddress:
      return exchange.connection.serverAddress;
    case Property.uriCaptures:
      return JSON.stringify(exchange.match?.pattern?.captures(exchange.routedPath) ?? {});
    case Property.statedOrigin:
      return statedOrigin(exchange);
    case Property.clientCertificate:
      return exchange.relayed?.clientCertificate;
    default:
      return readUpstreamProperty(exchange, property);
  }
}

function statedOrigin({ relayed }: Exchange): string | undefined {
  if (relayed === undefined) return undefined;
  const { proto, host, port, path, prefix } = relayed;
  const all = [proto, host, port, path, prefix];
  return all.every((each) => each === undefined) ? undefined : JSON.stringify(all);
}

export function setProperty(exchange: Exchange, property: number, value: string): number {
  switch (property) {
    case Property.method:
      if (value === "" || !consistsOf(value, TOKEN_CHARACTERS)) return Fault.badValue;
      exchange.method = value;
      return 0;
    case Property.path: {
      // The same rule as for a client's path: what a plugin writes is routed by the upstream, too (P10).
      const path = consistsOf(value, TARGET_CHARACTERS) ? canonicalPath(value) : undefined;
      if (path === undefined || path !== value || path.includes("?")) return Fault.badValue;
      if (exchange.route?.refusedEscapes.test(path) === true) return Fault.badValue;
      exchange.pathOverride = path;
      return 0;
    }
    case Property.query:
      if (!consistsOf(value, TARGET_CHARACTERS) || value.includes("#")) return Fault.badValue;
      exchange.query = value;
      return 0;
    default:
      return Fault.denied;
  }
}

function readNumber(exchange: Exchange, number: number): number {
  switch (number) {
    case NumberProperty.status:
      return exchange.status === 0 ? Number.NaN : exchange.status;
    case NumberProperty.clientPort:
      return exchange.clientPort;
    case NumberProperty.serverPort:
      return exchange.connection.serverPort;
    case NumberProperty.startedAtMs:
      return epochMs(exchange.startedAtMs);
    case NumberProperty.connectionId:
      return exchange.connection.id;
    case NumberProperty.connectionRequests:
      return exchange.connection.requests;
    case NumberProperty.workerPid:
      return process.pid;
    default:
      return Number.NaN;
  }
}

/** What is known when the request is over. */
function readMeasured(exchange: Exchange, number: number): number {
  switch (number) {
    case NumberProperty.requestBytes:
      return exchange.requestBytes;
    case NumberProperty.responseBytes:
      return exchange.responseBytes;
    case NumberProperty.requestMs:
      return latenciesOf(exchange).request;
    case NumberProperty.upstreamMs: {
      const { proxy } = latenciesOf(exchange);
      return proxy < 0 ? Number.NaN : proxy;
    }
    case NumberProperty.gatewayMs:
      return latenciesOf(exchange).kong;
    case NumberProperty.answeredBy:
      return SOURCES[exchange.responseSource];
    default:
      return Number.NaN;
  }
}

const SOURCES = { upstream: 0, plugin: 1, gateway: 2 } as const;
