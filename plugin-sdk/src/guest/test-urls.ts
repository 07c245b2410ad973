// The host functions on URLs, for TestHost.
import { Fault } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import { changeUrl, parseUrl } from "../url-parts.ts";
import type { FieldHost } from "./test-request.ts";

type Run = (...values: number[]) => number;

export function urlFunctions({
  read,
  write,
}: FieldHost): Record<Extract<HostFunction, "url_parse" | "url_set">, Run> {
  return {
    url_parse: (text = 0, length = 0, base = 0, baseLength = 0, buffer = 0, limit = 0) => {
      const relativeTo = baseLength < 0 ? undefined : read(base, baseLength);
      const json = parseUrl(read(text, length), relativeTo);
      return json === undefined ? Fault.badValue : write(json, buffer, limit);
    },
    url_set: (url = 0, length = 0, part = 0, value = 0, size = 0, buffer = 0, limit = 0) => {
      const json = changeUrl(read(url, length), part, read(value, size));
      return json === undefined ? Fault.badValue : write(json, buffer, limit);
    },
  };
}
