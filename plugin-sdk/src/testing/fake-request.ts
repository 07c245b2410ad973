// The request and the response of a fake exchange, as handlers see them.
import type { MutableRequest, MutableResponse } from "../context.ts";
import { formatCookie, parseCookies } from "../cookies.ts";
import type { CookieAttributes } from "../cookies.ts";
import type { FieldsInit } from "./fake-fields.ts";
import { FakeMessage } from "./fake-message.ts";

/** What the client sends; everything has a plain default. */
export interface FakeRequestInit {
  readonly id?: string;
  readonly method?: string;
  readonly scheme?: string;
  readonly host?: string;
  readonly path?: string;
  /** Raw, without `?`. */
  readonly query?: string;
  readonly headers?: FieldsInit;
  readonly body?: string | Uint8Array;
  readonly clientAddress?: string;
}

export class FakeRequest extends FakeMessage implements MutableRequest {
  readonly id: string;
  readonly scheme: string;
  readonly host: string;
  readonly httpVersion = "1.1";
  readonly startedAtMs: number;
  method: string;
  path: string;
  query: string;

  constructor(init: FakeRequestInit, startedAtMs: number) {
    super(init.headers, init.body);
    this.id = init.id ?? "0123456789abcdef0123456789abcdef";
    this.method = init.method ?? "GET";
    this.scheme = init.scheme ?? "http";
    this.host = init.host ?? "gateway.test";
    this.path = init.path ?? "/";
    this.query = init.query ?? "";
    this.startedAtMs = startedAtMs;
  }

  queryArg(name: string): string | undefined {
    return this.queryArgs(name)[0];
  }

  queryArgs(name: string): string[] {
    return new URLSearchParams(this.query).getAll(name);
  }

  cookie(name: string): string | undefined {
    return this.cookies().get(name);
  }

  cookies(): ReadonlyMap<string, string> {
    return parseCookies(this.headers("cookie"));
  }

  setQueryArg(name: string, value: string): void {
    this.#changeQuery((args) => args.set(name, value));
  }

  removeQueryArg(name: string): void {
    this.#changeQuery((args) => args.delete(name));
  }

  #changeQuery(change: (args: URLSearchParams) => void): void {
    const args = new URLSearchParams(this.query);
    change(args);
    this.query = args.toString();
  }
}

export class FakeResponse extends FakeMessage implements MutableResponse {
  status = 200;

  setCookie(name: string, value: string, attributes: CookieAttributes = {}): void {
    this.addHeader("set-cookie", formatCookie(name, value, attributes));
  }
}
