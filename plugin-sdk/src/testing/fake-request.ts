// The request and the response of a fake exchange, as handlers see them.
import type { ContentCodingName, MutableRequest, MutableResponse } from "../context.ts";
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
  /** Of its TLS connection, as a trusted proxy tells of it. */
  readonly clientCertificate?: string;
  readonly statedOrigin?: string;
  readonly uriCaptures?: Readonly<Record<string, string>>;
}

export class FakeRequest extends FakeMessage implements MutableRequest {
  readonly id: string;
  readonly scheme: string;
  readonly host: string;
  readonly httpVersion = "1.1";
  readonly startedAtMs: number;
  readonly uriCaptures: Readonly<Record<string, string>>;
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
    this.uriCaptures = init.uriCaptures ?? {};
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
  /** What a plugin asked for; the body stays as it is. */
  coding: { readonly name: ContentCodingName; readonly level: number | undefined } | undefined;

  encodeBody(name: ContentCodingName, level?: number): boolean {
    const hasNone = this.status === 204 || this.status === 206 || this.status === 304;
    const isFixed = this.headers("cache-control").some((value) => /\bno-transform\b/i.test(value));
    if (hasNone || isFixed || this.header("content-encoding") !== undefined) return false;
    this.coding = { name, level };
    return true;
  }

  setCookie(name: string, value: string, attributes: CookieAttributes = {}): void {
    this.addHeader("set-cookie", formatCookie(name, value, attributes));
  }
}
