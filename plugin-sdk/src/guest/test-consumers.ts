// The consumers of TestHost: handles by name, plain records, and who was authenticated.
import { Fault } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import type { TestRequest } from "./test-request.ts";

/** What of TestHost the functions need. */
export interface TestAccess {
  on(handle: number, run: (request: TestRequest) => number): number;
  read(pointer: number, length: number): string;
  write(text: string | undefined, buffer: number, limit: number): number;
}

type Run = (...values: number[]) => number;

type ConsumerFunction = Extract<
  HostFunction,
  `credential_${string}` | `consumer_${string}` | `authenticate${string}`
>;

/** `credentials` by `collection:key`; `consumers` by name, or by `property:value`. */
export function consumerFunctions(
  { on, read, write }: TestAccess,
  credentials: ReadonlyMap<string, number>,
  consumers: ReadonlyMap<string, number>,
): Record<ConsumerFunction, Run> {
  return {
    credential_find: (handle = 0, collection = 0, collectionLength = 0, key = 0, length = 0) =>
      on(handle, () => {
        const name = `${read(collection, collectionLength)}:${read(key, length)}`;
        return credentials.get(name) ?? Fault.absent;
      }),
    credential_get: (handle = 0, credential = 0, buffer = 0, limit = 0) =>
      on(handle, () => write(JSON.stringify({ id: `credential ${credential}` }), buffer, limit)),
    consumer_find: (handle = 0, name = 0, length = 0) =>
      on(handle, () => consumers.get(read(name, length)) ?? Fault.absent),
    consumer_find_by: (handle = 0, property = 0, value = 0, length = 0) =>
      on(handle, () => consumers.get(`${property}:${read(value, length)}`) ?? Fault.absent),
    consumer_get: (handle = 0, consumer = 0, buffer = 0, limit = 0) =>
      on(handle, () => {
        const record = { id: `consumer ${consumer}`, tags: ["t"], groups: ["g", "\u00fc"] };
        return write(JSON.stringify(record), buffer, limit);
      }),
    authenticate: (handle = 0, consumer = 0, credential = 0) =>
      on(handle, (of) => {
        of.authenticated = { consumer, credential };
        return 0;
      }),
    authenticate_by: (handle = 0, consumer = 0, id = 0, length = 0) =>
      on(handle, (of) => {
        of.authenticated = { consumer, credential: -1, id: read(id, length) };
        return 0;
      }),
  };
}
