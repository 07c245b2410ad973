// The host function fetch: the test answers, and what it gives may be a redirect.
import { Fault } from "../../abi.ts";
import { FieldList } from "../fields.ts";
import { isHostGranted } from "../grants.ts";
import type { HostState } from "../host-state.ts";
import { messageOf, ReceivedRequest } from "../messages.ts";
import type { CallResult } from "../pending-calls.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_BYTES = 1_048_576;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The head that a guest gives, see ABI.md. */
interface FetchHead {
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly timeout_ms?: number;
  readonly redirect?: "follow" | "manual" | "error";
  readonly max_bytes?: number;
}

/** There is no answer; the reason is one of the SDK's FetchErrorReason. */
class NoAnswer extends Error {
  readonly fault: number;
  readonly reason: string;

  constructor(fault: number, reason: string, message: string) {
    super(message);
    this.fault = fault;
    this.reason = reason;
  }
}

export function fetchFunctions({
  host,
  memory,
  calls,
  pending,
}: GuestContext): HostFunctions<"fetch"> {
  return {
    fetch: (request, head, headLength, body, bodyLength) => {
      if (calls.phase === "configure") return Fault.wrongPhase;
      if (request !== 0 && calls.exchangeOf(request) === undefined) return Fault.badHandle;
      const asked = readHead(memory.readUtf8(head, headLength));
      if (asked === undefined) return Fault.badValue;
      const bytes = Uint8Array.from(memory.bytes(body, bodyLength));
      const id = pending.start();
      if (id > 0) pending.finishLater(id, () => answerInTime(host, asked, bytes));
      return id;
    },
  };
}

function readHead(json: string): FetchHead | undefined {
  try {
    const head: unknown = JSON.parse(json);
    const isHead = typeof head === "object" && head !== null && "url" in head;
    // The rest of it is what the SDK writes.
    return isHead && typeof head.url === "string" ? (head as FetchHead) : undefined;
  } catch {
    return undefined;
  }
}

async function answerInTime(
  host: HostState,
  asked: FetchHead,
  body: Uint8Array,
): Promise<CallResult> {
  const { clock } = host;
  const delayMs = Math.min(asked.timeout_ms ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.start({
    delayMs,
    repeats: false,
    fire: () => reject(new NoAnswer(Fault.unavailable, "timeout", `No answer in ${delayMs} ms`)),
  });
  try {
    return await Promise.race([answerOf(host, asked, body), late]);
  } catch (error) {
    if (error instanceof NoAnswer) {
      return [error.fault, JSON.stringify({ reason: error.reason, message: error.message })];
    }
    // A server that throws is one that cannot be reached.
    const message = error instanceof Error ? error.message : String(error);
    return [Fault.unavailable, JSON.stringify({ reason: "unreachable", message })];
  } finally {
    clock.stop(timer);
  }
}

async function answerOf(host: HostState, asked: FetchHead, body: Uint8Array): Promise<CallResult> {
  let { url, method = "GET" } = asked;
  let content = body;
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(host, { url, method, headers: asked.headers ?? [] }, content);
    const { status = 200 } = answer;
    const { fields, body: received } = messageOf(answer.headers, answer.body);
    const location = REDIRECTS.has(status) ? fields.all("location")[0] : undefined;
    if (location === undefined || asked.redirect === "manual") {
      const maxBytes = asked.max_bytes ?? DEFAULT_MAX_BYTES;
      if (received.length > maxBytes) {
        throw new NoAnswer(Fault.limit, "limit", `The answer has more than ${maxBytes} bytes`);
      }
      return [status, JSON.stringify({ status, url, headers: fields.pairs }), received];
    }
    if (asked.redirect === "error" || redirects === MAX_REDIRECTS) {
      throw new NoAnswer(Fault.unavailable, "redirect", `Redirected to ${location}`);
    }
    url = new URL(location, url).href;
    if (status === 303 || (status < 303 && method === "POST")) {
      [method, content] = ["GET", new Uint8Array(0)];
    }
  }
}

async function ask(
  host: HostState,
  { url, method, headers }: Required<Pick<FetchHead, "url" | "method" | "headers">>,
  body: Uint8Array,
) {
  // A path is asked of the request's own service.
  const own = /^\/(?!\/)/.test(url) ? URL.parse(url, "http://service.test") : null;
  if (own !== null) {
    const head = { method, url: own.href, fields: new FieldList(headers) };
    return host.askUpstream(new ReceivedRequest(head, body));
  }
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new NoAnswer(Fault.badValue, "invalid", `${url} is no URL of http or https`);
  }
  if (!isHostGranted(host.grants.fetch, parsed)) {
    throw new NoAnswer(Fault.denied, "denied", `${parsed.host} is not granted`);
  }
  const request = new ReceivedRequest(
    { method, url: parsed.href, fields: new FieldList(headers) },
    body,
  );
  host.fetches.push(request);
  const { fetch } = host.options;
  if (fetch === undefined) {
    throw new NoAnswer(Fault.unavailable, "unreachable", "the test answers no fetch");
  }
  return fetch(request);
}
