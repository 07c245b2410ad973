// What plugins do with the two bodies of one exchange. Exchanges of which no plugin touches a body have none.
import type { Exchange } from "../exchange.ts";
import type { BodyPhase } from "../plugins/plugin.ts";
import type { ResponseCoding } from "./content-coding.ts";
import { HeldRequest } from "./held-request.ts";
import { HeldResponse } from "./held-response.ts";
import type { TellBody } from "./held-body.ts";

export class PluginBodies {
  /** What a plugin put in the place of the response's body. */
  newResponse: Buffer | undefined;
  /** How a plugin wants the response's body to be encoded, whoever changes that before. */
  responseCoding: ResponseCoding | undefined;
  readonly #exchange: Exchange;
  #heldRequest: HeldRequest | undefined;
  #skips: Set<string> | undefined;

  private constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  static of(exchange: Exchange): PluginBodies {
    return (exchange.bodies ??= new PluginBodies(exchange));
  }

  /** The plugin wants to see no more of that body. */
  skip(phase: BodyPhase, plugin: string): void {
    (this.#skips ??= new Set()).add(`${phase} ${plugin}`);
  }

  skips(phase: BodyPhase, plugin: string): boolean {
    return this.#skips?.has(`${phase} ${plugin}`) === true;
  }

  /** All of the request's body; only before an upstream is asked. */
  askRequest(maxBytes: number, tell: TellBody): void {
    this.#holdRequest().ask(maxBytes, tell);
  }

  replaceRequest(bytes: Buffer): void {
    this.#holdRequest().replace(bytes);
  }

  /** The request's new length in bytes when plugins have replaced its body. */
  get newRequestLength(): number | undefined {
    return this.#heldRequest?.newLength;
  }

  /** The upstream has answered: what it was sent need not be kept for another one. */
  forgetRequest(): void {
    this.#heldRequest?.forget();
  }

  #holdRequest(): HeldRequest {
    if (this.#heldRequest === undefined) {
      this.#heldRequest = new HeldRequest(this.#exchange.client);
      this.#exchange.requestBody = this.#heldRequest;
    }
    return this.#heldRequest;
  }

  /** All of the response's body; only while its head waits. */
  askResponse(maxBytes: number, tell: TellBody): void {
    const { responseSink } = this.#exchange;
    if (this.newResponse !== undefined) {
      const isTooLarge = this.newResponse.length > maxBytes;
      tell(isTooLarge ? { kind: "too_large" } : { kind: "whole", bytes: this.newResponse });
    } else if (responseSink instanceof HeldResponse) responseSink.ask(maxBytes, tell);
    else tell({ kind: "gone" });
  }

  /** Another response takes the place of the one so far. */
  forgetResponse(): void {
    const { responseSink } = this.#exchange;
    this.newResponse = undefined;
    this.responseCoding = undefined;
    if (responseSink instanceof HeldResponse) responseSink.body.abandon();
  }

  /** The exchange is over: whoever asked must not wait for ever. */
  abandon(): void {
    this.#heldRequest?.body.abandon();
    this.forgetResponse();
  }
}
