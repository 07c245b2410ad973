// One request on its way through the emulated gateway.
import type { ConsumerInit } from "../testing/fake-consumers.ts";
import type { FieldsInit } from "../testing/fake-fields.ts";
import type { FieldList } from "./fields.ts";
import { messageOf } from "./messages.ts";
import type { MessageBody, ResponseSource } from "./messages.ts";
import { RequestTrace } from "./trace.ts";

/** What a client sends; everything has a plain default. */
export interface ClientRequest {
  /** Default: GET. */
  readonly method?: string;
  /** With the query, if any. Default: `/`. */
  readonly path?: string;
  readonly headers?: FieldsInit;
  readonly body?: MessageBody;
  readonly scheme?: string;
  readonly host?: string;
  readonly id?: string;
  readonly clientAddress?: string;
  /** Of its TLS connection, as a trusted proxy tells of it. */
  readonly clientCertificate?: string;
  readonly statedOrigin?: string;
  /** What the route's path pattern took out of the path. Default: nothing. */
  readonly uriCaptures?: Readonly<Record<string, string>>;
}

/** As the gateway says it. */
const REFUSALS: Readonly<Record<number, string>> = {
  413: "Payload too large",
  502: "An invalid response was received from the upstream server",
};

export class Exchange {
  readonly id: string;
  readonly scheme: string;
  readonly host: string;
  readonly clientAddress: string;
  readonly clientCertificate: string | undefined;
  readonly statedOrigin: string | undefined;
  readonly startedAtMs: number;
  readonly uriCaptures: Readonly<Record<string, string>>;
  method: string;
  path: string;
  query: string;
  readonly requestFields: FieldList;
  requestBody: Uint8Array;
  /** 0 while there is no response. */
  status = 0;
  responseFields: FieldList;
  responseBody: Uint8Array = new Uint8Array(0);
  /** Changes that a plugin noted before there was a response. */
  readonly responseEdits: ((fields: FieldList) => void)[] = [];
  /** The plugin answered with `respond`. */
  isAnswered = false;
  /** Of the response. */
  source: ResponseSource = "upstream";
  /** Of the phase that runs. */
  chunk: Uint8Array = new Uint8Array(0);
  /** Of the body that was longer than the plugin takes, by the ABI's FieldKind. */
  tooLongBody: number | undefined;
  /** By the ABI's FieldKind: bodies of which the plugin wants no chunk. */
  readonly skippedBodies: Set<number> = new Set();
  /** What a plugin asked the response to be encoded with. */
  coding: "gzip" | "deflate" | "br" | undefined;
  /** JSON that the plugins of the request share. */
  readonly shared: Map<string, string> = new Map();
  readonly trace: RequestTrace;
  /** Where a plugin sends the request. */
  upstreamName: string | undefined;
  target: string | undefined;
  /** What placeholders stand for; the serial once one asked. */
  readonly uuid: string = crypto.randomUUID();
  serial: number | undefined;
  consumer: ConsumerInit | undefined;
  credentialId: string | undefined;

  constructor(init: ClientRequest, startedAtMs: number, plugin: string = "") {
    const [path = "/", ...query] = (init.path ?? "/").split("?");
    const { fields, body } = messageOf(init.headers, init.body);
    this.id = init.id ?? "0123456789abcdef0123456789abcdef";
    this.scheme = init.scheme ?? "http";
    this.host = init.host ?? "gateway.test";
    this.clientAddress = init.clientAddress ?? "192.0.2.1";
    this.clientCertificate = init.clientCertificate;
    this.statedOrigin = init.statedOrigin;
    this.startedAtMs = startedAtMs;
    this.uriCaptures = init.uriCaptures ?? {};
    this.method = init.method ?? "GET";
    this.path = path;
    this.query = query.join("?");
    this.requestFields = fields;
    this.requestBody = body;
    this.trace = new RequestTrace(plugin, fields.all("traceparent")[0]);
    this.responseFields = messageOf(undefined, undefined).fields;
  }

  get url(): string {
    const query = this.query === "" ? "" : `?${this.query}`;
    return `${this.scheme}://${this.host}${this.path}${query}`;
  }

  /** The plugin's own answer, which it gave before, is the response. */
  answer(source: ResponseSource): void {
    this.isAnswered = true;
    this.source = source;
    this.respond(this.status, this.responseFields, this.responseBody);
  }

  /** The gateway's answer when a body was too long. */
  refuseBody(status: number): void {
    const { fields, body } = messageOf(undefined, {
      message: REFUSALS[status],
      request_id: this.id,
    });
    this.source = "gateway";
    this.respond(status, fields, body);
  }

  /** The response's head came, from wherever. */
  respond(status: number, fields: FieldList, body: Uint8Array): void {
    this.status = status;
    this.responseFields = fields;
    this.responseBody = body;
    for (const edit of this.responseEdits) edit(fields);
  }
}
