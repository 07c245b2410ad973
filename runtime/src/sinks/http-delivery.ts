// Batches as HTTP requests. As with Kong's http-log, only a status below 300 means that the batch was taken.
import { DEFAULT_MAX_BYTES } from "../outbound/outbound-request.ts";
import type { OutboundField } from "../outbound/outbound-request.ts";
import type { FetchRules } from "../outbound/destination.ts";
import type { Outbound } from "../outbound/outbound-client.ts";
import { joined } from "./delivery.ts";
import type { Delivery, Item } from "./delivery.ts";
import type { HttpSinkOptions } from "./sink-options.ts";

export class HttpDelivery implements Delivery {
  readonly #options: HttpSinkOptions;
  readonly #url: string;
  readonly #headers: readonly OutboundField[];
  readonly #outbound: Outbound;
  readonly #rules: FetchRules;

  /** Throws a TypeError when the URL cannot be one. */
  constructor(options: HttpSinkOptions, outbound: Outbound, rules: FetchRules) {
    const url = new URL(options.url);
    const headers: OutboundField[] = Object.entries(options.headers);
    headers.push(["Content-Type", options.contentType]);
    if (url.username !== "" || url.password !== "") {
      const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      headers.push(["Authorization", `Basic ${Buffer.from(user).toString("base64")}`]);
      url.username = "";
      url.password = "";
    }
    this.#options = options;
    this.#url = url.href;
    this.#headers = headers;
    this.#outbound = outbound;
    this.#rules = rules;
  }

  async deliver(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const { method, timeoutMs, keepAliveMs } = this.#options;
    const { status } = await this.#outbound.fetch(
      {
        url: this.#url,
        method,
        headers: this.#headers,
        body: joined(items, this.#options),
        timeoutMs,
        keepAliveMs,
        redirect: "manual",
        maxBytes: DEFAULT_MAX_BYTES,
      },
      this.#rules,
      signal,
    );
    if (status >= 300) throw new Error(`answered ${status}`);
  }

  /** Its connections are the client's, which keeps them for all. */
  close(): void {}
}
