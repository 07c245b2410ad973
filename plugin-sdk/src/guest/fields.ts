// Header fields of the request or the response, read and changed at the host.
import { FieldKind, SetMode } from "../abi.ts";
import type { ReadableFields, WritableFields } from "../context.ts";
import { check, textOf } from "./faults.ts";
import { fieldGet, fieldNames, fieldSet } from "./native.ts";

// `declare` keeps these classes free of field initialisers, which cost a call for each new object.

export class HostFields implements ReadableFields, WritableFields {
  declare protected readonly requestHandle: number;
  declare private readonly fieldKind: number;

  constructor(requestHandle: number, fieldKind: number) {
    this.requestHandle = requestHandle;
    this.fieldKind = fieldKind;
  }

  header(name: string): string | undefined {
    const value = fieldGet(this.requestHandle, this.fieldKind, name, 0);
    return typeof value === "number" ? textOf(value, label(name)) : value;
  }

  headers(name: string): string[] {
    const values: string[] = [];
    for (let index = 0; ; index++) {
      const value = fieldGet(this.requestHandle, this.fieldKind, name, index);
      if (value === undefined) return values;
      values.push(textOf(value, label(name)) ?? "");
    }
  }

  headerNames(): string[] {
    const names = textOf(fieldNames(this.requestHandle, this.fieldKind), "headers") ?? "";
    return names.split("\0").slice(0, -1);
  }

  setHeader(name: string, value: string): void {
    setField(this.requestHandle, this.fieldKind, name, value);
  }

  addHeader(name: string, value: string): void {
    const result = fieldSet(this.requestHandle, this.fieldKind, name, value, SetMode.add);
    if (result < 0) check(result, label(name));
  }

  removeHeader(name: string): void {
    const result = fieldSet(this.requestHandle, this.fieldKind, name, "", SetMode.remove);
    if (result < 0) check(result, label(name));
  }
}

/** Replaces all values of a field. */
export function setField(request: number, kind: number, name: string, value: string): void {
  const result = fieldSet(request, kind, name, value, REPLACE);
  if (result < 0) check(result, label(name));
}

const REPLACE = SetMode.replace;
export const REQUEST_FIELDS: number = FieldKind.request;
export const RESPONSE_FIELDS: number = FieldKind.response;

function label(name: string): string {
  return `header "${name}"`;
}
