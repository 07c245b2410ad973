// Bodies: the chunk of the current call, and whole ones.
import * as host from "../src/engine/host";
import { ContentCoding, FieldKind } from "./numbers";

export namespace body {
  /** The chunk that `sluice_request_body` or `sluice_body_filter` was called with. */
  export function chunk(request: i32, length: i32): Uint8Array {
    const bytes = new Uint8Array(length);
    host.chunk_get(request, bytes.dataStart, length);
    return bytes;
  }

  /** These bytes go on instead; none drop the chunk. Returns 0 or a Fault, like all that changes something. */
  export function setChunk(request: i32, bytes: Uint8Array): i32 {
    return host.chunk_set(request, bytes.dataStart, bytes.length);
  }

  /** No chunks of this body for this plugin. */
  export function skip(request: i32, kind: FieldKind): i32 {
    return host.body_skip(request, kind);
  }

  /** Compresses the response behind all plugins; a level of -1 is the usual one. Absent when it cannot be. */
  export function encodeResponse(request: i32, coding: ContentCoding, level: i32): i32 {
    return host.response_encode(request, coding, level);
  }

  /** Asks for the whole body: a call id, to wait for, or a Fault. The body is then `resultBytes(call)`. */
  export function read(request: i32, kind: FieldKind, maxBytes: i32): i32 {
    return host.body_read(request, kind, maxBytes);
  }

  export function set(request: i32, kind: FieldKind, bytes: Uint8Array): i32 {
    return host.body_set(request, kind, bytes.dataStart, bytes.length);
  }
}
