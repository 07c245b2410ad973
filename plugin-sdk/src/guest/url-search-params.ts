// URLSearchParams. https://url.spec.whatwg.org/#interface-urlsearchparams
import { utf8Decode, utf8Encode } from "./native.ts";

type Pair = [name: string, value: string];
type Init = string | Iterable<readonly string[]> | Readonly<Record<string, string>>;

export class URLSearchParams {
  #pairs: Pair[];
  /** The URL whose query it is hears of changes. */
  #onChange: (() => void) | undefined;

  constructor(init: Init = "") {
    this.#pairs = pairsOf(init);
  }

  /** For a URL: `query` without `?`. Later changes of the URL come by {@link assign}. */
  static of(query: string, onChange: () => void): URLSearchParams {
    const params = new URLSearchParams();
    params.#pairs = parse(query);
    params.#onChange = onChange;
    return params;
  }

  static assign(params: URLSearchParams, query: string): void {
    params.#pairs = parse(query);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#pairs.push([textOf(name), textOf(value)]);
    this.#onChange?.();
  }

  delete(name: string, value?: string): void {
    this.#pairs = this.#pairs.filter((pair) => !matches(pair, name, value));
    this.#onChange?.();
  }

  get(name: string): string | null {
    return this.#pairs.find((pair) => matches(pair, name))?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => matches(pair, name)).map(([, value]) => value);
  }

  has(name: string, value?: string): boolean {
    return this.#pairs.some((pair) => matches(pair, name, value));
  }

  set(name: string, value: string): void {
    const first = this.#pairs.find((pair) => matches(pair, name));
    if (first === undefined) return this.append(name, value);
    first[1] = textOf(value);
    this.#pairs = this.#pairs.filter((pair) => pair === first || !matches(pair, name));
    this.#onChange?.();
  }

  sort(): void {
    // By code units, and stable.
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#onChange?.();
  }

  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    self?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *entries(): IterableIterator<Pair> {
    for (let at = 0; at < this.#pairs.length; at++) {
      const pair = this.#pairs[at];
      if (pair !== undefined) yield [pair[0], pair[1]];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  }

  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }
}

function matches([name, value]: Pair, wanted: string, wantedValue?: string): boolean {
  return name === String(wanted) && (wantedValue === undefined || value === String(wantedValue));
}

function textOf(value: unknown): string {
  return String(value).toWellFormed();
}

function pairsOf(init: Init): Pair[] {
  if (typeof init === "string") return parse(init.startsWith("?") ? init.slice(1) : init);
  if (typeof init !== "object" || init === null) return parse(String(init));
  const list = Symbol.iterator in init ? [...init] : Object.entries(init);
  return list.map((pair) => {
    const [name, value, ...more] = pair;
    if (name === undefined || value === undefined || more.length > 0) {
      throw new TypeError("Each pair has to be a name and a value");
    }
    return [textOf(name), textOf(value)];
  });
}

function parse(query: string): Pair[] {
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const name = at < 0 ? part : part.slice(0, at);
      return [decode(name), at < 0 ? "" : decode(part.slice(at + 1))];
    });
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced.toWellFormed();
  try {
    return decodeURIComponent(spaced).toWellFormed();
  } catch {
    return decodeBytes(spaced);
  }
}

/** With escapes that are no UTF-8 or no escapes at all, which decodeURIComponent refuses. */
function decodeBytes(text: string): string {
  const bytes = utf8Encode(text.toWellFormed());
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    const escape = bytes[at] === PERCENT ? hexAt(bytes, at + 1) : undefined;
    bytes[end++] = escape ?? bytes[at] ?? 0;
    if (escape !== undefined) at += 2;
  }
  return end === 0 ? "" : utf8Decode(bytes.slice(0, end));
}

const PERCENT = 0x25;

function hexAt(bytes: Uint8Array, at: number): number | undefined {
  const digits = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0);
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

/** application/x-www-form-urlencoded. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
