// The request as handlers see it: every read is a host call, nothing is fetched in advance.
import { NumberProperty, Property, SetMode } from "../abi.ts";
import type { MutableRequest } from "../context.ts";
import { parseCookies } from "../cookies.ts";
import { check, textOf } from "./faults.ts";
import { RequestFields } from "./fields.ts";
import { numberGet, propertyGet, propertySet, queryGet, querySet } from "./native.ts";

export abstract class HostRequest extends RequestFields implements MutableRequest {
  get id(): string {
    return property(this.requestHandle, REQUEST_ID);
  }

  get method(): string {
    return property(this.requestHandle, METHOD);
  }

  set method(value: string) {
    check(propertySet(this.requestHandle, METHOD, value), "method");
  }

  get scheme(): string {
    return property(this.requestHandle, Property.scheme);
  }

  get host(): string {
    return property(this.requestHandle, HOST);
  }

  get httpVersion(): string {
    return property(this.requestHandle, Property.httpVersion);
  }

  get path(): string {
    return property(this.requestHandle, PATH);
  }

  set path(value: string) {
    check(propertySet(this.requestHandle, PATH, value), "path");
  }

  get query(): string {
    return property(this.requestHandle, QUERY);
  }

  set query(value: string) {
    check(propertySet(this.requestHandle, QUERY, value), "query");
  }

  get startedAtMs(): number {
    return numberGet(this.requestHandle, NumberProperty.startedAtMs) ?? 0;
  }

  get uriCaptures(): Readonly<Record<string, string>> {
    // The host writes this JSON, see ABI.md.
    return JSON.parse(property(this.requestHandle, Property.uriCaptures)) as Record<string, string>;
  }

  queryArg(name: string): string | undefined {
    return textOf(queryGet(this.requestHandle, name, 0), "query argument");
  }

  queryArgs(name: string): string[] {
    const values: string[] = [];
    for (let index = 0; ; index++) {
      const value = textOf(queryGet(this.requestHandle, name, index), "query argument");
      if (value === undefined) return values;
      values.push(value);
    }
  }

  cookie(name: string): string | undefined {
    return this.cookies().get(name);
  }

  cookies(): ReadonlyMap<string, string> {
    return parseCookies(this.headers("cookie"));
  }

  setQueryArg(name: string, value: string): void {
    check(querySet(this.requestHandle, name, value, SetMode.replace), "query argument");
  }

  removeQueryArg(name: string): void {
    check(querySet(this.requestHandle, name, "", SetMode.remove), "query argument");
  }
}

const REQUEST_ID = Property.requestId;
const METHOD = Property.method;
const HOST = Property.host;
const PATH = Property.path;
const QUERY = Property.query;

/** A property that every request has. */
export function property(request: number, number: number): string {
  const text = propertyGet(request, number);
  return typeof text === "string" ? text : (textOf(text, "property of the request") ?? "");
}

/** A property that a request may lack. */
export function optionalProperty(request: number, number: number): string | undefined {
  const text = propertyGet(request, number);
  return typeof text === "number" ? textOf(text, "property of the request") : text;
}
