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

declare function queueMicrotask(task: () => void): void;
/** Base64 of a string whose characters are bytes. */
declare function btoa(bytes: string): string;
declare function atob(base64: string): string;
