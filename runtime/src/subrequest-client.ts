// The client's side of a plugin's request to its own service: takes the response as a whole.
import type { BodyReceiver, ClientSide, Exchange } from "./exchange.ts";
import { FieldRole } from "./http1/field-name.ts";
import { FetchFailed } from "./outbound/fetch-failed.ts";
import type {
  OutboundField,
  OutboundRequest,
  OutboundResponse,
} from "./outbound/outbound-request.ts";

export class SubrequestClient implements ClientSide {
  /** Rejected with {@link FetchFailed}. */
  readonly response: Promise<OutboundResponse>;
  /** The body is longer than the request takes: no more of it is wanted. */
  onTooLong: () => void = () => undefined;
  readonly #request: Pick<OutboundRequest, "url" | "maxBytes">;
  readonly #settle: PromiseWithResolvers<OutboundResponse> = Promise.withResolvers();
  #status = 0;
  #headers: OutboundField[] = [];
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(request: Pick<OutboundRequest, "url" | "maxBytes">) {
    this.#request = request;
    this.response = this.#settle.promise;
  }

  /** Nothing, once the response is there. */
  fail(failure: FetchFailed): void {
    this.#settle.reject(failure);
  }

  sendInformational(): void {
    // The plugin gets the final response.
  }

  sendHead({ status, responseFields: { names, values } }: Exchange): void {
    this.#status = status;
    this.#headers = names.flatMap((name, at) =>
      name.role === FieldRole.hopByHop ? [] : [[name.text, values[at] ?? ""] as const],
    );
  }

  sendBody(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#request.maxBytes) {
      const { maxBytes } = this.#request;
      this.fail(new FetchFailed("limit", `the answer has more than ${maxBytes} bytes`));
      return this.onTooLong();
    }
    // A copy: the piece is a view of a socket's buffer.
    this.#pieces.push(Buffer.from(piece));
  }

  sendEnd(): void {
    const [status, headers, body] = [this.#status, this.#headers, Buffer.concat(this.#pieces)];
    this.#settle.resolve({ status, url: this.#request.url, headers, body });
  }

  get isFull(): boolean {
    return false;
  }

  flush(): void {
    // Nothing is gathered.
  }

  abort(): void {
    this.fail(new FetchFailed("unreachable", "the answer was cut"));
  }

  readBody(receiver: BodyReceiver): void {
    receiver.endBody();
  }

  withdrawBody(): boolean {
    return true;
  }

  pauseBody(): void {
    // There is none.
  }

  resumeBody(): void {
    // There is none.
  }
}
