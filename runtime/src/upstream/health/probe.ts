// One probe of one target: a connection, and for http and https a GET whose status line is all that is read of the answer.
import type { ActiveCheckConfig } from "../../config/upstream-model.ts";
import type { ConnectHandler, Platform } from "../../platform/socket.ts";
import type { Clock } from "../clock.ts";
import type { Target } from "../target.ts";
import { isGatewayFault } from "./gateway-fault.ts";
import { grpcProbe } from "./grpc-probe.ts";
import { connectTls } from "./tls-connection.ts";
import type { ProbeSocket } from "./tls-connection.ts";

export type ProbeResult =
  | { readonly kind: "connected" }
  | { readonly kind: "status"; readonly status: number }
  /** What its gRPC health service says. */
  | { readonly kind: "serving" }
  | { readonly kind: "not_serving"; readonly detail: string }
  /** It answered, but not in HTTP. */
  | { readonly kind: "no_http" }
  | { readonly kind: "tcp_failure"; readonly detail: string }
  | { readonly kind: "timeout" }
  /** The gateway could not try: that says nothing of the target. */
  | { readonly kind: "not_probed"; readonly detail: string };

/** Never rejects. */
export type Probe = (target: Target, signal: AbortSignal) => Promise<ProbeResult>;

export interface ProbeParts {
  readonly config: ActiveCheckConfig;
  /** Sent instead of the target's own address. */
  readonly hostHeader: string | undefined;
  readonly platform: Platform;
  readonly clock: Clock;
}

/** More than any status line has; what is longer is none. */
const MAX_LINE_CHARACTERS = 1024;

export function createProbe(parts: ProbeParts): Probe {
  if (parts.config.type === "grpc" || parts.config.type === "grpcs") return grpcProbe(parts);
  return (target, signal) => {
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    new ProbeConnection(parts, target, signal, resolve).start();
    return promise;
  };
}

class ProbeConnection implements ConnectHandler {
  readonly #parts: ProbeParts;
  readonly #target: Target;
  readonly #signal: AbortSignal;
  readonly #resolve: (result: ProbeResult) => void;
  #socket: ProbeSocket | undefined;
  #cancelTimer: () => void = () => undefined;
  #isOver = false;
  #line = "";

  constructor(
    parts: ProbeParts,
    target: Target,
    signal: AbortSignal,
    resolve: (result: ProbeResult) => void,
  ) {
    this.#parts = parts;
    this.#target = target;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  start(): void {
    const { config, clock, platform } = this.#parts;
    const { host, port } = this.#target;
    this.#cancelTimer = clock.after(config.timeoutMs, () => this.#end({ kind: "timeout" }));
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    const { sni, verifiesCertificate: isVerified } = config;
    this.#socket =
      config.type === "https"
        ? connectTls({ host, port, sni, isVerified }, this)
        : platform.connect({ host, port }, this);
    // It may have failed within the call.
    if (this.#isOver) this.#socket.destroy();
  }

  readonly #onAbort = (): void => this.#end({ kind: "not_probed", detail: "stopped" });

  onConnect(): void {
    if (this.#parts.config.type === "tcp") return this.#end({ kind: "connected" });
    this.#socket?.write(requestText(this.#parts, this.#target));
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#line += chunk.toString("latin1", 0, MAX_LINE_CHARACTERS);
    const end = this.#line.indexOf("\n");
    if (end < 0 && this.#line.length < MAX_LINE_CHARACTERS) return;
    const status = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |\r?\n)/.exec(this.#line)?.[1];
    this.#end(
      status === undefined ? { kind: "no_http" } : { kind: "status", status: Number(status) },
    );
  }

  onDrain(): void {
    // A probe is small.
  }

  onEnd(): void {
    this.#end({ kind: "tcp_failure", detail: "closed without an answer" });
  }

  onClose(error: Error | undefined): void {
    const detail = error?.message ?? "closed without an answer";
    this.#end(
      isGatewayFault(error) ? { kind: "not_probed", detail } : { kind: "tcp_failure", detail },
    );
  }

  #end(result: ProbeResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#socket?.destroy();
    this.#resolve(result);
  }
}

function requestText({ config, hostHeader }: ProbeParts, target: Target): string {
  const lines = [
    `GET ${config.path} HTTP/1.1`,
    `Host: ${hostHeader ?? target.authority ?? target.address}`,
    "Connection: close",
    ...config.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
