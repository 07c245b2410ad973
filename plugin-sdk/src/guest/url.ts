// URL, parsed by the host. https://url.spec.whatwg.org/#url-class
import { UrlPart } from "../abi.ts";
import type { UrlParts } from "../url-parts.ts";
import { urlParse, urlSet } from "./native.ts";
import { URLSearchParams } from "./url-search-params.ts";

export class URL {
  #parts: UrlParts;
  #params: URLSearchParams | undefined;

  constructor(url: string | URL, base?: string | URL) {
    const parts = partsOf(url, base);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${String(url)}`);
    this.#parts = parts;
  }

  static canParse(url: string | URL, base?: string | URL): boolean {
    return partsOf(url, base) !== undefined;
  }

  static parse(url: string | URL, base?: string | URL): URL | null {
    try {
      return new URL(url, base);
    } catch {
      return null;
    }
  }

  get href(): string {
    return this.#parts.href;
  }

  set href(value: string) {
    const parts = partsOf(value, undefined);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${String(value)}`);
    this.#take(parts);
  }

  get origin(): string {
    return this.#parts.origin;
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: string) {
    this.#set(UrlPart.protocol, value);
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: string) {
    this.#set(UrlPart.username, value);
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: string) {
    this.#set(UrlPart.password, value);
  }

  get host(): string {
    return this.#parts.host;
  }

  set host(value: string) {
    this.#set(UrlPart.host, value);
  }

  get hostname(): string {
    return this.#parts.hostname;
  }

  set hostname(value: string) {
    this.#set(UrlPart.hostname, value);
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: string) {
    this.#set(UrlPart.port, value);
  }

  get pathname(): string {
    return this.#parts.pathname;
  }

  set pathname(value: string) {
    this.#set(UrlPart.pathname, value);
  }

  get search(): string {
    return this.#parts.search;
  }

  set search(value: string) {
    this.#set(UrlPart.search, value);
  }

  get searchParams(): URLSearchParams {
    return (this.#params ??= URLSearchParams.of(this.search.slice(1), () => this.#setQuery()));
  }

  get hash(): string {
    return this.#parts.hash;
  }

  set hash(value: string) {
    this.#set(UrlPart.hash, value);
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  get [Symbol.toStringTag](): string {
    return "URL";
  }

  #set(part: number, value: string): void {
    this.#take(changed(this.href, part, value));
  }

  #take(parts: UrlParts): void {
    this.#parts = parts;
    if (this.#params !== undefined) URLSearchParams.assign(this.#params, parts.search.slice(1));
  }

  /** The parameters have changed: the query is what they say, and they stay as they are. */
  #setQuery(): void {
    this.#parts = changed(this.href, UrlPart.search, String(this.#params));
  }
}

function partsOf(url: string | URL, base: string | URL | undefined): UrlParts | undefined {
  const hasBase = base === undefined ? 0 : 1;
  return read(urlParse(textOf(url), textOf(base ?? ""), hasBase));
}

function changed(href: string, part: number, value: string): UrlParts {
  const parts = read(urlSet(href, part, textOf(value)));
  if (parts === undefined) throw new TypeError(`Invalid URL: ${href}`);
  return parts;
}

function textOf(value: unknown): string {
  return String(value).toWellFormed();
}

function read(json: string | number | undefined): UrlParts | undefined {
  // The host writes it, see ABI.md.
  return typeof json === "string" ? (JSON.parse(json) as UrlParts) : undefined;
}
