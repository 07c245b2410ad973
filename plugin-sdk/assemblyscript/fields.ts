// The header fields of a request or a response.
import * as host from "../src/engine/host";
import { FieldKind, SetMode } from "./numbers";
import { first, result, second } from "./text";

export class Fields {
  readonly handle: i32;
  private readonly kind: FieldKind;

  constructor(handle: i32, kind: FieldKind) {
    this.handle = handle;
    this.kind = kind;
  }

  /** The first value; null when there is none. */
  header(name: string): string | null {
    first.latin1(name);
    let length = this.read(0);
    if (result.isTooSmallFor(length)) length = this.read(0);
    return length < 0 ? null : result.latin1(length);
  }

  /** The values of all field lines with that name. */
  headers(name: string): string[] {
    first.latin1(name);
    let length = this.readAll();
    if (result.isTooSmallFor(length)) length = this.readAll();
    return length < 0 ? [] : length === 0 ? [""] : result.list(length);
  }

  /** Costs less than reading the value. */
  hasHeader(name: string): bool {
    first.latin1(name);
    return host.field_get(this.handle, this.kind, first.pointer, first.length, 0, 0, 0) >= 0;
  }

  /** All distinct names, in lower case. */
  headerNames(): string[] {
    let length = host.field_names(this.handle, this.kind, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.field_names(this.handle, this.kind, result.pointer, result.capacity);
    }
    return length < 0 ? [] : result.list(length);
  }

  /** Replaces all values. Returns 0 or a Fault, like the other changes. */
  setHeader(name: string, value: string): i32 {
    return this.change(name, value, SetMode.Replace);
  }

  /** As setHeader, of a value with placeholders, which the host fills in. */
  fillHeader(name: string, template: string): i32 {
    first.latin1(`${name}\0${template}\0`);
    return host.fields_fill(this.handle, this.kind, first.pointer, first.length, 1);
  }

  addHeader(name: string, value: string): i32 {
    return this.change(name, value, SetMode.Add);
  }

  removeHeader(name: string): i32 {
    return this.change(name, "", SetMode.Remove);
  }

  private read(index: i32): i32 {
    return host.field_get(
      this.handle, this.kind, first.pointer, first.length, index, result.pointer, result.capacity,
    );
  }

  private readAll(): i32 {
    return host.fields_get(
      this.handle, this.kind, first.pointer, first.length, result.pointer, result.capacity,
    );
  }

  private change(name: string, value: string, mode: SetMode): i32 {
    first.latin1(name);
    second.latin1(value);
    return host.field_set(
      this.handle, this.kind, first.pointer, first.length, second.pointer, second.length, mode,
    );
  }
}
