// The response: in access its fields can only be changed, for whatever response there will be.
import * as host from "../src/engine/host";
import { Fields } from "./fields";
import { FieldKind, NumberProperty } from "./numbers";

export class Response extends Fields {
  constructor(handle: i32) {
    super(handle, FieldKind.Response);
  }

  /** NaN when there is none. */
  get status(): f64 {
    return host.number_get(this.handle, NumberProperty.Status);
  }

  /** Only in header_filter. Returns 0 or a Fault. */
  setStatus(status: i32): i32 {
    return host.number_set(this.handle, NumberProperty.Status, status);
  }
}
