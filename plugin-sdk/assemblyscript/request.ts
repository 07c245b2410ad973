// The request of a phase. Make it from the handle that the phase was given; it is good until the phase is done.
import * as host from "../src/engine/host";
import { Fields } from "./fields";
import { FieldKind, NumberProperty, Property, SetMode, Verdict } from "./numbers";
import { first, result, second } from "./text";

export class Request extends Fields {
  constructor(handle: i32) {
    super(handle, FieldKind.Request);
  }

  /** Null where there is none: a route without a name, no consumer. */
  property(property: Property): string | null {
    let length = host.property_get(this.handle, property, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.property_get(this.handle, property, result.pointer, result.capacity);
    }
    return length < 0 ? null : result.utf8(length);
  }

  /** Returns 0 or a Fault. */
  setProperty(property: Property, value: string): i32 {
    first.utf8(value);
    return host.property_set(this.handle, property, first.pointer, first.length);
  }

  /** NaN when there is none. */
  number(property: NumberProperty): f64 {
    return host.number_get(this.handle, property);
  }

  /**
   * What this call does follows from the config and from what it reads of this request alone, until then (ms since 1970):
   * the gateway may do the same again without calling. Returns 0 or a Fault.
   */
  remember(untilMs: f64 = Infinity): i32 {
    return host.remember(this.handle, untilMs);
  }

  get method(): string {
    return this.text(Property.Method);
  }

  /** Canonical, without the query. */
  get path(): string {
    return this.text(Property.Path);
  }

  /** Raw, without `?`. */
  get query(): string {
    return this.text(Property.Query);
  }

  get host(): string {
    return this.text(Property.Host);
  }

  get id(): string {
    return this.text(Property.RequestId);
  }

  get clientAddress(): string {
    return this.text(Property.ClientAddress);
  }

  /** The decoded index-th argument with that name. */
  queryArg(name: string, index: i32 = 0): string | null {
    first.utf8(name);
    let length = this.readArg(index);
    if (result.isTooSmallFor(length)) length = this.readArg(index);
    return length < 0 ? null : result.utf8(length);
  }

  /** Replaces all arguments with that name; the host encodes. Returns 0 or a Fault, like the next two. */
  setQueryArg(name: string, value: string): i32 {
    return this.changeArg(name, value, SetMode.Replace);
  }

  addQueryArg(name: string, value: string): i32 {
    return this.changeArg(name, value, SetMode.Add);
  }

  removeQueryArg(name: string): i32 {
    return this.changeArg(name, "", SetMode.Remove);
  }

  /** Ends the request: `return request.respond(…)`. Header fields are those set on the Response. */
  respond(status: i32, body: string = ""): i32 {
    first.utf8(body);
    const fault = host.respond(this.handle, status, first.pointer, first.length);
    return fault === 0 ? Verdict.Respond : Verdict.Failed;
  }

  private text(property: Property): string {
    const text = this.property(property);
    return text === null ? "" : text;
  }

  private readArg(index: i32): i32 {
    return host.query_get(
      this.handle, first.pointer, first.length, index, result.pointer, result.capacity,
    );
  }

  private changeArg(name: string, value: string, mode: SetMode): i32 {
    first.utf8(name);
    second.utf8(value);
    return host.query_set(
      this.handle, first.pointer, first.length, second.pointer, second.length, mode,
    );
  }
}
