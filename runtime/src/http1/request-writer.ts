// Writes requests to an upstream. What is at hand of a body leaves with the head.
import type { Exchange } from "../exchange.ts";
import { MessageWriter } from "./message-writer.ts";
import { writeRequestHead } from "./write-request-head.ts";
import type { RequestHeadOptions } from "./write-request-head.ts";

export class RequestWriter extends MessageWriter {
  begin(exchange: Exchange, options: RequestHeadOptions): void {
    this.start(writeRequestHead(exchange, options), exchange.requestFraming.kind === "chunked");
  }
}
