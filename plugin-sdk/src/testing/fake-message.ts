// Head fields and body of one message of a fake exchange.
import type { BodyOptions, MutableBody } from "../context.ts";
import { FakeFields } from "./fake-fields.ts";
import type { FieldsInit } from "./fake-fields.ts";

const DEFAULT_MAX_BYTES = 1_048_576;

export class FakeMessage extends FakeFields implements MutableBody {
  /** Undefined for none. */
  content: Uint8Array | undefined;
  /** A plugin wants to see no chunk of it. */
  isSkipped = false;

  constructor(fields?: FieldsInit, body?: string | Uint8Array) {
    super(fields);
    if (body !== undefined) this.setBody(body);
  }

  /** As text; undefined for none. */
  get body(): string | undefined {
    return this.content === undefined ? undefined : new TextDecoder().decode(this.content);
  }

  set body(text: string | undefined) {
    this.content = text === undefined ? undefined : new TextEncoder().encode(text);
  }

  bytes({ maxBytes = DEFAULT_MAX_BYTES }: BodyOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const content = Uint8Array.from(this.content ?? []);
    if (content.length <= maxBytes) return Promise.resolve(content);
    return Promise.reject(new RangeError("The body is over a limit of the gateway"));
  }

  async text(options?: BodyOptions): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options));
  }

  async json(options?: BodyOptions): Promise<unknown> {
    return JSON.parse(await this.text(options));
  }

  setBody(body: string | Uint8Array): void {
    this.content = typeof body === "string" ? new TextEncoder().encode(body) : body;
  }

  skipBody(): void {
    this.isSkipped = true;
  }
}
