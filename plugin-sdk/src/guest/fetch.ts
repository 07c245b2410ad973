// fetch on the host's function of that name. The host decides where a request may go; this makes its JSON and errors.
import { Fault, MAX_HOST_STRING_BYTES } from "../abi.ts";
import type { FetchInit, FetchResponse } from "../fetch-types.ts";
import { FetchError } from "../fetch-error.ts";
import type { FetchErrorReason } from "../fetch-error.ts";
import { fetchStart } from "./native.ts";
import { TextDecoder, TextEncoder, bytesOf } from "./text-encoding.ts";
import { bytesPart, promiseOf, textPart } from "./waiting.ts";
import { URLSearchParams } from "./url-search-params.ts";

/** Part 0 of an answer. */
interface Head {
  readonly status: number;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Part 0 when there is none. */
interface Failure {
  readonly reason: FetchErrorReason;
  readonly message: string;
}

const HEAD = 0;
const BODY = 1;
const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

/** `request` is its handle, or 0 outside of one. */
export function fetchFor(
  request: number,
  url: string | URL,
  init: FetchInit = {},
): Promise<FetchResponse> {
  // Made now, because later there is nothing of the author's in the stack.
  const error = new FetchError("ended", "");
  const body = bodyOf(init.body);
  if (body !== undefined && body.length > MAX_HOST_STRING_BYTES) {
    return rejected(error, "limit", `A body has at most ${MAX_HOST_STRING_BYTES} bytes`);
  }
  const call = fetchStart(request, JSON.stringify(headOf(url, init)), body);
  if (call < 0) return rejected(error, ...reasonOf(call));
  return promiseOf(call, "fetch", (result) => {
    const head = textPart(call, HEAD);
    if (result >= 0) return new HostFetchResponse(JSON.parse(head) as Head, bytesPart(call, BODY));
    // The host writes this JSON, and that of the head, see ABI.md.
    const { reason, message } = JSON.parse(head) as Failure;
    throw as(error, reason, message);
  });
}

function headOf(url: string | URL, init: FetchInit) {
  const { method, headers = {}, timeoutMs, redirect, maxBytes, body } = init;
  const pairs: (readonly [string, string])[] = isList(headers)
    ? [...headers]
    : Object.entries(headers);
  const isForm = body instanceof URLSearchParams;
  if (isForm && !pairs.some(([name]) => name.toLowerCase() === "content-type")) {
    pairs.push(["Content-Type", FORM]);
  }
  return {
    url: String(url),
    method,
    headers: pairs.map(([name, value]) => [String(name), String(value)]),
    timeout_ms: timeoutMs,
    redirect,
    max_bytes: maxBytes,
  };
}

function isList(
  headers: NonNullable<FetchInit["headers"]>,
): headers is readonly (readonly [name: string, value: string])[] {
  return Array.isArray(headers);
}

/** Undefined for none, and for one without bytes. */
function bodyOf(body: FetchInit["body"]): Uint8Array | undefined {
  if (body === undefined) return undefined;
  const isBytes = body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  const bytes = isBytes ? bytesOf(body) : new TextEncoder().encode(String(body));
  return bytes.length === 0 ? undefined : bytes;
}

function reasonOf(fault: number): [FetchErrorReason, string] {
  switch (fault) {
    case Fault.badHandle:
      return ["ended", "The request has ended"];
    case Fault.wrongPhase:
      return ["invalid", "fetch is not possible in configure: use a timer, or the first request"];
    case Fault.limit:
      return ["limit", "Too many calls of the plugin are under way"];
    case Fault.denied:
      return ["denied", "fetch is not possible while the plugin is built"];
    default:
      return ["invalid", "The request has something of a wrong type"];
  }
}

function rejected(error: FetchError, reason: FetchErrorReason, message: string): Promise<never> {
  return Promise.reject(as(error, reason, message));
}

/** The error with what was learnt only now. */
function as(error: FetchError, reason: FetchErrorReason, message: string): FetchError {
  return Object.assign(error, { reason, message });
}

class HostFetchResponse implements FetchResponse {
  readonly status: number;
  readonly url: string;
  readonly #headers: Head["headers"];
  readonly #body: Uint8Array<ArrayBuffer>;

  constructor({ status, url, headers }: Head, body: Uint8Array<ArrayBuffer>) {
    this.status = status;
    this.url = url;
    this.#headers = headers;
    this.#body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  header(name: string): string | undefined {
    return this.headers(name)[0];
  }

  headers(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#headers
      .filter(([other]) => other.toLowerCase() === wanted)
      .map(([, value]) => value);
  }

  headerNames(): string[] {
    return [...new Set(this.#headers.map(([name]) => name.toLowerCase()))];
  }

  text(): string {
    return new TextDecoder().decode(this.#body);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#body;
  }
}
