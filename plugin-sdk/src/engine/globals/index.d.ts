// Types of what the engine offers on the global object besides ECMAScript 2023. There is no DOM and no Node.

interface Console {
  debug(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
  info(...values: readonly unknown[]): void;
  log(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
}
declare var console: Console;

interface Crypto {
  getRandomValues<View extends ArrayBufferView>(view: View): View;
  randomUUID(): string;
}
declare var crypto: Crypto;

interface TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}
declare var TextDecoder: {
  prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface Performance {
  /** ms, with fractions; only differences mean something. */
  now(): number;
}
declare var performance: Performance;

/** Returns the timer's id. The instance that stands by starts its timers when it serves. */
declare function setTimeout(callback: (_: void) => void, delayMs?: number): number;
declare function setTimeout<Values extends unknown[]>(
  callback: (...values: Values) => void,
  delayMs?: number,
  ...values: Values
): number;
declare function setInterval(callback: (_: void) => void, delayMs?: number): number;
declare function setInterval<Values extends unknown[]>(
  callback: (...values: Values) => void,
  delayMs?: number,
  ...values: Values
): number;
declare function clearTimeout(timer: number | undefined): void;
declare function clearInterval(timer: number | undefined): void;

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    self?: unknown,
  ): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}
declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (
    init?: string | Iterable<readonly string[]> | Readonly<Record<string, string>>,
  ): URLSearchParams;
};

/** As in browsers, without object URLs. The gateway parses. */
interface URL {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}
declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
};

declare function queueMicrotask(task: () => void): void;
/** Base64 of a string whose characters are bytes. */
declare function btoa(bytes: string): string;
declare function atob(base64: string): string;
