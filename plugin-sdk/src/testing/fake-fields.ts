// Header fields of a fake request or response.
import type { ReadableFields, WritableFields } from "../context.ts";
import type { FillIn } from "./fake-fill.ts";

/** Headers as pairs, or as an object when every name has one value. */
export type FieldsInit =
  | readonly (readonly [name: string, value: string])[]
  | Readonly<Record<string, string>>;

// The gateway alone says who the client is, as in Kong's kong.constants.
const IDENTITY_FIELDS: ReadonlySet<string> = new Set([
  "x-consumer-id",
  "x-consumer-custom-id",
  "x-consumer-username",
  "x-credential-identifier",
  "x-anonymous-consumer",
]);

export class FakeFields implements ReadableFields, WritableFields {
  /** Of the exchange that the fields belong to. */
  fillIn: FillIn = () => {
    throw new Error("Placeholders stand for something in the fields of an exchange");
  };
  #pairs: (readonly [name: string, value: string])[];

  constructor(init: FieldsInit = []) {
    this.#pairs = Array.isArray(init) ? [...init] : Object.entries(init);
  }

  header(name: string): string | undefined {
    return this.headers(name)[0];
  }

  headers(name: string): string[] {
    return this.#pairs.filter((pair) => isNamed(pair, name)).map(([, value]) => value);
  }

  headerNames(): string[] {
    return [...new Set(this.#pairs.map(([name]) => name.toLowerCase()))];
  }

  setHeader(name: string, value: string): void {
    checkField(name, value);
    this.assign(name, value);
  }

  setHeaders(namesAndValues: readonly string[]): void {
    if (namesAndValues.length % 2 !== 0) throw new TypeError("A name has no value");
    const others = new FakeFields(this.#pairs);
    for (let at = 0; at < namesAndValues.length; at += 2) {
      others.setHeader(namesAndValues[at] ?? "", namesAndValues[at + 1] ?? "");
    }
    this.#pairs = others.#pairs;
  }

  setHeaderBlock(block: string, count: number): void {
    this.setHeaders(partsOfBlock(block, count));
  }

  fillHeader(name: string, template: string): void {
    this.setHeader(name, this.fillIn(template));
  }

  fillHeaderBlock(block: string, count: number): void {
    const parts = partsOfBlock(block, count);
    this.setHeaders(parts.map((part, at) => (at % 2 === 0 ? part : this.fillIn(part))));
  }

  addHeader(name: string, value: string): void {
    checkField(name, value);
    this.#pairs.push([name, value]);
  }

  removeHeader(name: string): void {
    checkField(name, "");
    this.assign(name, undefined);
  }

  /** As the gateway itself does it: no name is refused, and undefined removes the field. */
  assign(name: string, value: string | undefined): void {
    this.#pairs = this.#pairs.filter((pair) => !isNamed(pair, name));
    if (value !== undefined) this.#pairs.push([name, value]);
  }

  /** Names in lower case; several values of one name are joined with a comma. */
  toObject(): Record<string, string> {
    return Object.fromEntries(
      this.headerNames().map((name) => [name, this.headers(name).join(", ")]),
    );
  }
}

function partsOfBlock(block: string, count: number): string[] {
  const parts = block.split("\0");
  const isWhole = parts.pop() === "" && parts.length === 2 * count;
  if (!isWhole) throw new TypeError(`A block of ${count} headers has ${parts.length} parts`);
  return parts;
}

function isNamed([name]: readonly [name: string, value: string], wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

function checkField(name: string, value: string): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new TypeError(`"${name}" is no header name`);
  }
  if (/[\r\n\0]/.test(value)) throw new TypeError(`The value of ${name} has CR, LF or NUL`);
  if (value.includes("\u0001")) {
    throw new TypeError(`The value of ${name} has a placeholder: fillHeader takes such`);
  }
  if (IDENTITY_FIELDS.has(name.toLowerCase())) {
    throw new TypeError(`The header ${name} belongs to the gateway`);
  }
}
