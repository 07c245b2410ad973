// Host functions on the rest of a request: properties, numbers, query arguments, the early answer.
import { Fault, MAX_BODY_BYTES, NumberProperty, Property, SetMode } from "../../abi.ts";
import type { Exchange } from "../exchange.ts";
import { FieldList } from "../fields.ts";
import { isGranted } from "../grants.ts";
import type { HostState } from "../host-state.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TARGET = /^[\x21-\x7e]*$/;

export function requestFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<
  | "property_get"
  | "property_set"
  | "number_get"
  | "number_set"
  | "query_get"
  | "query_set"
  | "respond"
  | "remember"
> {
  /** The request that may be changed in access, or the fault. */
  const changeable = (request: number): Exchange | number => {
    const call = calls.of(request);
    if (call?.exchange === undefined) return Fault.badHandle;
    return call.phase === "access" ? call.exchange : Fault.wrongPhase;
  };

  return {
    property_get: (request, property, buffer, limit) => {
      const exchange = calls.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      return memory.writeUtf8(readProperty(exchange, property), buffer, limit);
    },

    property_set: (request, property, value, valueLength) => {
      const exchange = changeable(request);
      if (typeof exchange === "number") return exchange;
      return setProperty(exchange, property, memory.readUtf8(value, valueLength), host);
    },

    number_get: (request, number) => {
      const exchange = calls.exchangeOf(request);
      if (exchange === undefined) return Number.NaN;
      if (number < NumberProperty.requestBytes) return readNumber(exchange, number);
      return calls.of(request)?.phase === "log" ? readMeasured(exchange, number) : Number.NaN;
    },

    // An emulated gateway calls the plugin each time.
    remember: (request, untilMs) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const { phase } = call;
      if (phase !== "access" && phase !== "header_filter" && phase !== "log") {
        return Fault.wrongPhase;
      }
      return untilMs > 0 ? 0 : Fault.badValue;
    },

    number_set: (request, number, value) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (number !== NumberProperty.status) return Fault.denied;
      if (call.phase !== "header_filter") return Fault.wrongPhase;
      const { exchange } = call;
      if (!isFinalStatus(value) || hasNoBody(value) !== hasNoBody(exchange.status)) {
        return Fault.badValue;
      }
      exchange.status = value;
      return 0;
    },

    query_get: (request, name, nameLength, index, buffer, limit) => {
      const exchange = calls.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const values = new URLSearchParams(exchange.query).getAll(memory.readUtf8(name, nameLength));
      return memory.writeUtf8(values[index], buffer, limit);
    },

    query_set: (request, name, nameLength, value, valueLength, mode) => {
      const exchange = changeable(request);
      if (typeof exchange === "number") return exchange;
      const text = mode === SetMode.remove ? undefined : memory.readUtf8(value, valueLength);
      changeQuery(exchange, memory.readUtf8(name, nameLength), text, mode);
      return 0;
    },

    respond: (request, status, body, bodyLength) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      const { exchange, phase } = call;
      if (phase !== "access" && phase !== "request_body") return Fault.wrongPhase;
      if (!isFinalStatus(status)) return Fault.badValue;
      exchange.status = status;
      exchange.responseFields = new FieldList();
      if (phase === "request_body") {
        exchange.responseFields.change("content-type", JSON_TEXT, SetMode.replace);
      }
      if (bodyLength >>> 0 > MAX_BODY_BYTES) return Fault.limit;
      exchange.responseBody = Uint8Array.from(memory.bodyBytes(body, bodyLength));
      call.hasResponded = true;
      return 0;
    },
  };
}

/** Of an answer to a body on its way: the guest cannot set headers then. */
const JSON_TEXT = "application/json; charset=utf-8";

function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}

/** RFC 9112 §6.3. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** What nobody touched goes on byte by byte. */
function changeQuery(
  exchange: Exchange,
  name: string,
  value: string | undefined,
  mode: number,
): void {
  const kept = exchange.query
    .split("&")
    .filter((pair) => pair !== "")
    .filter((pair) => mode === SetMode.add || !new URLSearchParams(pair).has(name));
  if (value !== undefined) kept.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  exchange.query = kept.join("&");
}

const SERVER = { address: "127.0.0.1", port: 8000, pid: 4242 };
const CONNECTION = { id: 7, requests: 3, clientPort: 50_000 };

function readProperty(exchange: Exchange, property: number): string | undefined {
  switch (property) {
    case Property.method:
      return exchange.method;
    case Property.path:
      return exchange.path;
    case Property.query:
      return exchange.query;
    case Property.scheme:
      return exchange.scheme;
    case Property.host:
      return exchange.host;
    case Property.httpVersion:
      return "1.1";
    case Property.clientAddress:
      return exchange.clientAddress;
    case Property.requestId:
      return exchange.id;
    case Property.routeId:
      return "route-id";
    case Property.routeName:
      return "route-name";
    case Property.serviceId:
      return "service-id";
    case Property.serviceName:
      return "service-name";
    case Property.consumerId:
      return exchange.consumer?.id;
    case Property.consumerUsername:
      return exchange.consumer?.username;
    case Property.consumerCustomId:
      return exchange.consumer?.customId;
    case Property.credentialId:
      return exchange.credentialId;
    case Property.serverAddress:
      return SERVER.address;
    case Property.clientCertificate:
      return exchange.clientCertificate;
    case Property.statedOrigin:
      return exchange.statedOrigin;
    case Property.uriCaptures:
      return JSON.stringify(exchange.uriCaptures);
    case Property.upstream:
      return exchange.upstreamName;
    case Property.target:
      return exchange.target;
    default:
      return undefined;
  }
}

function setProperty(
  exchange: Exchange,
  property: number,
  value: string,
  { grants, options: { upstreams } }: HostState,
): number {
  switch (property) {
    case Property.method:
      if (!TOKEN.test(value)) return Fault.badValue;
      exchange.method = value;
      return 0;
    case Property.path:
      if (!isCanonicalPath(value)) return Fault.badValue;
      exchange.path = value;
      return 0;
    case Property.query:
      if (!TARGET.test(value) || value.includes("#")) return Fault.badValue;
      exchange.query = value;
      return 0;
    case Property.upstream:
      if (upstreams?.includes(value) === false) return Fault.badValue;
      exchange.upstreamName = value;
      return 0;
    case Property.target:
      if (!/^.+:\d{1,5}$/.test(value)) return Fault.badValue;
      if (!isGranted(grants.targets, value)) return Fault.denied;
      exchange.target = value;
      return 0;
    default:
      return Fault.denied;
  }
}

/** What a parser of URLs leaves as it is. */
function isCanonicalPath(path: string): boolean {
  if (!path.startsWith("/") || !TARGET.test(path) || /[?#\\]/.test(path)) return false;
  return new URL(`http://path.test${path}`).pathname === path && !path.includes("//");
}

function readNumber(exchange: Exchange, number: number): number {
  switch (number) {
    case NumberProperty.status:
      return exchange.status === 0 ? Number.NaN : exchange.status;
    case NumberProperty.clientPort:
      return CONNECTION.clientPort;
    case NumberProperty.serverPort:
      return SERVER.port;
    case NumberProperty.startedAtMs:
      return exchange.startedAtMs;
    case NumberProperty.connectionId:
      return CONNECTION.id;
    case NumberProperty.connectionRequests:
      return CONNECTION.requests;
    case NumberProperty.workerPid:
      return SERVER.pid;
    default:
      return Number.NaN;
  }
}

/** Time stands still in the emulator while nobody moves it; only what is sure is told of it. */
function readMeasured(exchange: Exchange, number: number): number {
  switch (number) {
    case NumberProperty.requestBytes:
      return exchange.requestBody.length;
    case NumberProperty.responseBytes:
      return exchange.responseBody.length;
    case NumberProperty.requestMs:
    case NumberProperty.gatewayMs:
      return 0;
    case NumberProperty.upstreamMs:
      return exchange.source === "upstream" ? 0 : Number.NaN;
    case NumberProperty.answeredBy:
      return SOURCES.indexOf(exchange.source);
    default:
      return Number.NaN;
  }
}

const SOURCES: readonly string[] = ["upstream", "plugin", "gateway"];
