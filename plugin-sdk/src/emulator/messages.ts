// Requests and responses as a test sees them: the head, and the whole body.
import type { ReadableFields } from "../context.ts";
import type { FieldsInit } from "../testing/fake-fields.ts";
import { FieldList } from "./fields.ts";

/** A body: text and bytes as they are, anything else as JSON. */
export type MessageBody = unknown;

/** An answer that a test gives, as an upstream or as a server that the plugin asks. */
export interface AnswerInit {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: FieldsInit;
  readonly body?: MessageBody;
}

export class EmulatedMessage implements ReadableFields {
  readonly #fields: FieldList;
  readonly #body: Uint8Array;

  constructor(fields: FieldList, body: Uint8Array) {
    this.#fields = fields;
    this.#body = body;
  }

  header(name: string): string | undefined {
    return this.#fields.all(name)[0];
  }

  headers(name: string): string[] {
    return this.#fields.all(name);
  }

  headerNames(): string[] {
    return this.#fields.names();
  }

  bytes(): Uint8Array {
    return this.#body;
  }

  text(): string {
    return new TextDecoder().decode(this.#body);
  }

  /** Throws a SyntaxError when the body is no JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

interface ReceivedHead {
  readonly method: string;
  readonly url: string;
  readonly fields: FieldList;
  readonly upstream?: string | undefined;
  readonly target?: string | undefined;
}

/** What a server got: the upstream, or one that the plugin asked by itself. */
export class ReceivedRequest extends EmulatedMessage {
  readonly method: string;
  /** With scheme, host and query. */
  readonly url: string;
  /** Name of the upstream that the plugin chose, and `host:port` that it chose instead. */
  readonly upstream: string | undefined;
  readonly target: string | undefined;

  constructor(head: ReceivedHead, body: Uint8Array) {
    super(head.fields, body);
    this.method = head.method;
    this.url = head.url;
    this.upstream = head.upstream;
    this.target = head.target;
  }

  get path(): string {
    return new URL(this.url).pathname;
  }

  /** Without `?`; empty when there is none. */
  get query(): string {
    return new URL(this.url).search.slice(1);
  }
}

/** Who made it: the upstream, the plugin with `ctx.respond`, or the gateway because a body was too long. */
export type ResponseSource = "upstream" | "plugin" | "gateway";

/** What the client got. */
export class EmulatedResponse extends EmulatedMessage {
  readonly status: number;
  readonly source: ResponseSource;

  constructor(
    head: { status: number; source: ResponseSource; fields: FieldList },
    body: Uint8Array,
  ) {
    super(head.fields, body);
    this.status = head.status;
    this.source = head.source;
  }
}

/** The message's head and body; JSON gets its Content-Type. */
export function messageOf(
  headers: FieldsInit | undefined,
  body: MessageBody,
): { fields: FieldList; body: Uint8Array } {
  const fields = new FieldList(headers);
  if (body === undefined) return { fields, body: new Uint8Array(0) };
  if (body instanceof Uint8Array) return { fields, body };
  if (typeof body === "string") return { fields, body: new TextEncoder().encode(body) };
  if (fields.all("content-type").length === 0) fields.set("Content-Type", "application/json");
  return { fields, body: new TextEncoder().encode(JSON.stringify(body)) };
}
