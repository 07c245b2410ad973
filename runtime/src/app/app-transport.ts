// Calls a Hono app, or anything with `fetch`, in this process: a service with `url: app:…`.
import type { Exchange } from "../exchange.ts";
import type { ResponseReceiver, Transport, UpstreamCall } from "../upstream/transport.ts";
import { AppCall } from "./app-call.ts";

export interface App {
  fetch(request: Request): Response | Promise<Response>;
}

export class AppTransport implements Transport {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  call(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void {
    const running = new AppCall(exchange, receiver);
    exchange.upstream = running;
    exchange.forwardedAtMs = performance.now();
    void running.run(this.#app, call);
  }

  close(): void {
    // Nothing is kept between calls.
  }
}
