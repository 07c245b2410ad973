// A field section: names and values in order of arrival, case and duplicates kept.
import { fieldName } from "./field-name.ts";
import type { FieldName } from "./field-name.ts";

export class Fields {
  /** Parallel arrays; values are latin-1 strings without surrounding white space. Changed through the methods only. */
  names: FieldName[];
  values: string[];
  /**
   * Where in the source the field stands as `Name: value` and CRLF, or -1. Whatever is forwarded as it came is then
   * copied in one piece instead of being put together again.
   */
  starts: number[];
  /** The head that the fields were read from. */
  source: string;
  /** The arrays belong to other fields as well. */
  #isShared: boolean;
  /** A bit for each role that a field has or had: most heads have few, and need not be searched for the others. */
  #roles: number;

  constructor(of?: Fields) {
    this.names = of?.names ?? [];
    this.values = of?.values ?? [];
    this.starts = of?.starts ?? [];
    this.source = of?.source ?? "";
    this.#isShared = of !== undefined;
    this.#roles = of === undefined ? 0 : of.#roles;
  }

  /** The same fields for another head: neither sees what is changed in the other, and nothing is copied until then. */
  twin(): Fields {
    this.#isShared = true;
    return new Fields(this);
  }

  #own(): void {
    this.names = [...this.names];
    this.values = [...this.values];
    this.starts = [...this.starts];
    this.#isShared = false;
  }

  get length(): number {
    return this.names.length;
  }

  push(name: FieldName, value: string, start = -1): void {
    if (this.#isShared) this.#own();
    this.#roles |= 1 << name.role;
    this.names.push(name);
    this.values.push(value);
    this.starts.push(start);
  }

  /** Adds a field at the end. */
  add(name: string, value: string): void {
    this.push(fieldName(name), value);
  }

  /** The index-th value of a name given in lower case. */
  get(lower: string, index = 0): string | undefined {
    let left = index;
    for (let at = 0; at < this.names.length; at++) {
      if (this.names[at]?.lower === lower && left-- === 0) return this.values[at];
    }
    return undefined;
  }

  /** All values of a name given in lower case. */
  all(lower: string): string[] {
    return this.values.filter((_, at) => this.names[at]?.lower === lower);
  }

  hasRole(role: number): boolean {
    if ((this.#roles & (1 << role)) === 0) return false;
    for (let at = 0; at < this.names.length; at++) {
      if (this.names[at]?.role === role) return true;
    }
    return false;
  }

  /** Replaces the values of a name, in the first one's place or at the end. */
  set(name: string, value: string): void {
    this.replace(fieldName(name), value);
  }

  replace(wanted: FieldName, value: string): void {
    for (let at = 0; at < this.names.length; at++) {
      if (this.names[at]?.lower !== wanted.lower) continue;
      this.setAt(at, value);
      this.names[at] = wanted;
      this.#removeFrom(wanted.lower, at + 1);
      return;
    }
    this.push(wanted, value);
  }

  /** Replaces one value. */
  setAt(at: number, value: string): void {
    if (this.#isShared) this.#own();
    this.values[at] = value;
    this.starts[at] = -1;
  }

  /** Removes all values of a name given in lower case. */
  remove(lower: string): void {
    this.#removeFrom(lower, 0);
  }

  removeAt(at: number): void {
    if (this.#isShared) this.#own();
    this.names.splice(at, 1);
    this.values.splice(at, 1);
    this.starts.splice(at, 1);
  }

  #removeFrom(lower: string, first: number): void {
    for (let at = this.names.length - 1; at >= first; at--) {
      if (this.names[at]?.lower === lower) this.removeAt(at);
    }
  }
}
