// A probe by the gRPC health checking protocol: grpc.health.v1.Health/Check for the whole server, over HTTP/2.
import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { isIP } from "node:net";
import { detailOf } from "../../errors.ts";
import { isGatewayFault } from "./gateway-fault.ts";
import type { Probe, ProbeParts, ProbeResult } from "./probe.ts";

/** Length-prefixed and empty: no service is named, which stands for the server as a whole. */
const REQUEST = Buffer.from([0, 0, 0, 0, 0]);
/** An answer has seven. */
const MAX_BYTES = 1024;
const SERVING = 1;
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

export function grpcProbe(parts: ProbeParts): Probe {
  return (target, signal) => {
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    const { config, clock, hostHeader } = parts;
    const scheme = config.type === "grpcs" ? "https" : "http";
    const name = config.sni ?? target.host;
    const session = connect(`${scheme}://${target.address}`, {
      ...(isIP(name) === 0 && { servername: name }),
      rejectUnauthorized: config.verifiesCertificate,
    });
    let isOver = false;
    const end = (result: ProbeResult): void => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
      session.destroy();
      resolve(result);
    };
    const onAbort = (): void => end({ kind: "not_probed", detail: "stopped" });
    const cancelTimer = clock.after(config.timeoutMs, () => end({ kind: "timeout" }));
    signal.addEventListener("abort", onAbort, { once: true });
    // It stays, for what comes after the end: an error that nobody hears would end the process.
    session.on("error", (error: Error) => end(failure(error)));
    session.on("close", () => end({ kind: "tcp_failure", detail: "closed without an answer" }));
    const headers = { ":authority": hostHeader ?? target.address, ...headersOf(config.headers) };
    try {
      ask(session, headers, end);
    } catch (error) {
      // A header of the config that HTTP/2 forbids (RFC 9113 §8.2.2).
      end({ kind: "not_probed", detail: detailOf(error) });
    }
    return promise;
  };
}

function headersOf(headers: ProbeParts["config"]["headers"]): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) (all[name.toLowerCase()] ??= []).push(value);
  return all;
}

function failure(error: Error): ProbeResult {
  const detail = error.message;
  if (isGatewayFault(error)) return { kind: "not_probed", detail };
  return "code" in error && error.code === "ERR_HTTP2_ERROR"
    ? { kind: "no_http" }
    : { kind: "tcp_failure", detail };
}

function ask(
  session: ClientHttp2Session,
  headers: Record<string, string | string[]>,
  end: (result: ProbeResult) => void,
): void {
  const stream = session.request({
    ...headers,
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const answer = new Answer(stream);
  stream.on("error", (error: Error) => end(failure(error)));
  stream.on("end", () => end(answer.result));
  stream.end(REQUEST);
}

class Answer {
  #status = 0;
  /** Of a trailers-only answer it is in the head. */
  #grpcStatus: string | undefined;
  #body: Buffer = Buffer.alloc(0);

  constructor(stream: ClientHttp2Stream) {
    const read = (headers: IncomingHttpHeaders): void => {
      this.#status = Number(headers[constants.HTTP2_HEADER_STATUS] ?? this.#status);
      this.#grpcStatus = headers["grpc-status"]?.toString() ?? this.#grpcStatus;
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (chunk: Buffer) => {
      if (this.#body.length + chunk.length <= MAX_BYTES)
        this.#body = Buffer.concat([this.#body, chunk]);
      else stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  get result(): ProbeResult {
    if (this.#status !== 200) return { kind: "not_serving", detail: `status ${this.#status}` };
    if (this.#grpcStatus !== undefined && this.#grpcStatus !== "0") {
      return { kind: "not_serving", detail: `grpc-status ${this.#grpcStatus}` };
    }
    const status = servingStatus(this.#body);
    return status === SERVING
      ? { kind: "serving" }
      : { kind: "not_serving", detail: STATUS_NAMES[status] ?? `health ${status}` };
  }
}

/** Field 1 of HealthCheckResponse; left out, it is 0. */
function servingStatus(body: Buffer): number {
  const isPlain = body.length >= 5 && body[0] === 0;
  const message = isPlain ? body.subarray(5, 5 + body.readUInt32BE(1)) : Buffer.alloc(0);
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}
