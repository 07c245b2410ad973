// Other servers for unit tests: one function answers all fetches of the process.
import { FetchError } from "../fetch-error.ts";
import type { FetchInit, FetchResponse } from "../fetch-types.ts";
import { FakeFields } from "./fake-fields.ts";
import type { FieldsInit } from "./fake-fields.ts";

/** What a server says; a body that is neither text nor bytes is sent as JSON. */
export interface FetchAnswer {
  /** 200 by default. */
  readonly status?: number;
  readonly headers?: FieldsInit;
  readonly body?: unknown;
}

/** Throw a FetchError for a server that does not answer. */
export type AnswerFetch = (url: string, init: FetchInit) => FetchAnswer | Promise<FetchAnswer>;

function denied(url: string): never {
  throw new FetchError("denied", `${url} was not granted: answerFetches says what is there`);
}

let answer: AnswerFetch = denied;

/** Answers `ctx.fetch` and `fetch` from now on; nothing is there by default. */
export function answerFetches(by: AnswerFetch = denied): void {
  answer = by;
}

export async function fakeFetch(url: string | URL, init: FetchInit = {}): Promise<FetchResponse> {
  const { status = 200, headers, body } = await answer(String(url), init);
  const fields = new FakeFields(headers);
  const bytes = bytesOf(body);
  const text = (): string => new TextDecoder().decode(bytes);
  return {
    status,
    ok: status >= 200 && status <= 299,
    url: String(url),
    header: (name) => fields.header(name),
    headers: (name) => fields.headers(name),
    headerNames: () => fields.headerNames(),
    text,
    json: () => JSON.parse(text()),
    bytes: () => bytes,
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new TextEncoder().encode(text ?? "");
}
