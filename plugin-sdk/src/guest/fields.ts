// Header fields of the request or the response, read and changed at the host.
import { Fault, FieldKind, SetMode } from "../abi.ts";
import type { ReadableFields, WritableFields } from "../context.ts";
import { bodyOf } from "./bodies.ts";
import type { HostBody } from "./bodies.ts";
import { check, faultError, textOf } from "./faults.ts";
import { fieldGet, fieldNames, fieldSet, fieldsFill, fieldsGet, fieldsSet } from "./native.ts";

const REPLACE = SetMode.replace;

/** Methods for the fields of one section and the body behind it; they read `requestHandle` of the object they are called on. */
function fieldsOf(kind: number): abstract new () => HostFields {
  abstract class Fields extends bodyOf(kind) implements HostFields {
    header(name: string): string | undefined {
      const value = fieldGet(this.requestHandle, kind, name, 0);
      return typeof value === "number" ? textOf(value, label(name)) : value;
    }

    headers(name: string): string[] {
      const values = fieldsGet(this.requestHandle, kind, name);
      if (values === undefined) return [];
      if (typeof values === "number") throw faultError(values, label(name));
      return values;
    }

    headerNames(): string[] {
      const names = fieldNames(this.requestHandle, kind);
      if (typeof names === "number") throw faultError(names, "headers");
      return names;
    }

    setHeader(name: string, value: string): void {
      const result = fieldSet(this.requestHandle, kind, name, value, REPLACE);
      if (result < 0) check(result, label(name));
    }

    setHeaders(namesAndValues: readonly string[]): void {
      const fields = `${namesAndValues.join("\0")}\0`;
      const result = fieldsSet(this.requestHandle, kind, fields, namesAndValues.length >> 1);
      if (result < 0) check(result, `headers ${JSON.stringify(namesAndValues)}`);
    }

    setHeaderBlock(block: string, count: number): void {
      const result = fieldsSet(this.requestHandle, kind, block, count);
      if (result < 0) check(result, `headers ${JSON.stringify(block.split("\0"))}`);
    }

    fillHeader(name: string, template: string): void {
      this.fillHeaderBlock(`${name}\0${template}\0`, 1);
    }

    fillHeaderBlock(block: string, count: number): void {
      const result = fieldsFill(this.requestHandle, kind, block, count);
      if (result === Fault.absent) {
        throw new Error("The quota of a placeholder was not taken from in this call");
      }
      if (result < 0) check(result, `headers ${JSON.stringify(block.split("\0"))}`);
    }

    addHeader(name: string, value: string): void {
      const result = fieldSet(this.requestHandle, kind, name, value, SetMode.add);
      if (result < 0) check(result, label(name));
    }

    removeHeader(name: string): void {
      const result = fieldSet(this.requestHandle, kind, name, "", SetMode.remove);
      if (result < 0) check(result, label(name));
    }
  }
  return Fields;
}

/** An object through which fields of one message are read and written, and its body. */
export interface HostFields extends ReadableFields, WritableFields, HostBody {}

function label(name: string): string {
  return `header "${name}"`;
}

export const RequestFields: abstract new () => HostFields = fieldsOf(FieldKind.request);
export const ResponseFields: abstract new () => HostFields = fieldsOf(FieldKind.response);
