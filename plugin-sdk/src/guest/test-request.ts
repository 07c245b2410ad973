// One request of the test host, and the host functions on its header fields.
import { Fault, SetMode } from "../abi.ts";
import type { HostFunction } from "../abi.ts";

export type Field = readonly [name: string, value: string];

/** One request, response included. */
export class TestRequest {
  /** By {@link FieldKind}. */
  readonly fields: [request: Field[], response: Field[]] = [[], []];
  readonly properties: Map<number, string> = new Map();
  readonly numbers: Map<number, number> = new Map();
  query: Field[] = [];
  answer: { status: number; body: string } | undefined;
  /** The answer's body as the host got it. */
  answerBytes: Buffer | undefined;
  authenticated: { consumer: number; credential: number; id?: string } | undefined;
  rememberedUntilMs: number | undefined;
  record = "{}";
}

type HostFunctions = Record<HostFunction, (...values: number[]) => number | void>;

/** What the functions need of the host. */
export interface FieldHost {
  on(handle: number, run: (request: TestRequest) => number): number;
  read(pointer: number, length: number, encoding?: BufferEncoding): string;
  write(text: string | undefined, buffer: number, limit: number, encoding?: BufferEncoding): number;
  /** The fault that changes are answered with, 0 for none. */
  refusal(): number;
}

export function fieldFunctions(
  host: FieldHost,
): Pick<
  HostFunctions,
  "field_get" | "fields_get" | "field_names" | "field_set" | "fields_set" | "fields_fill"
> {
  const list = (request: TestRequest, kind: number): Field[] => request.fields[kind === 0 ? 0 : 1];
  const setAll =
    (written: (value: string) => string) =>
    (handle = 0, kind = 0, fields = 0, length = 0, count = 0) =>
      host.on(handle, (request) => {
        const parts = host.read(fields, length, "latin1").split("\0");
        if (parts.length !== 2 * count + 1) return Fault.badValue;
        if (host.refusal() < 0) return host.refusal();
        for (let at = 0; at < 2 * count; at += 2) {
          const field: Field = [parts[at] ?? "", written(parts[at + 1] ?? "")];
          const others = list(request, kind);
          request.fields[kind === 0 ? 0 : 1] = changed(others, field, SetMode.replace);
        }
        return 0;
      });
  return {
    field_get: (handle = 0, kind = 0, name = 0, length = 0, index = 0, buffer = 0, limit = 0) =>
      host.on(handle, (request) => {
        const values = named(list(request, kind), host.read(name, length));
        return host.write(values[index]?.[1], buffer, limit, "latin1");
      }),
    fields_get: (handle = 0, kind = 0, name = 0, length = 0, buffer = 0, limit = 0) =>
      host.on(handle, (request) => {
        const values = named(list(request, kind), host.read(name, length)).map(
          ([, value]) => value,
        );
        return host.write(
          values.length === 0 ? undefined : values.join("\0"),
          buffer,
          limit,
          "latin1",
        );
      }),
    field_names: (handle = 0, kind = 0, buffer = 0, limit = 0) =>
      host.on(handle, (request) => {
        const names = new Set(list(request, kind).map(([name]) => `${name.toLowerCase()}\0`));
        return host.write([...names].join(""), buffer, limit);
      }),
    field_set: (handle = 0, kind = 0, name = 0, length = 0, value = 0, valueLength = 0, mode = 0) =>
      host.on(handle, (request) => {
        const field: Field = [host.read(name, length), host.read(value, valueLength, "latin1")];
        if (host.refusal() < 0) return host.refusal();
        request.fields[kind === 0 ? 0 : 1] = changed(list(request, kind), field, mode);
        return 0;
      }),
    fields_set: setAll((value) => value),
    // What stands for a placeholder is its name.
    fields_fill: setAll((value) => value.replaceAll(/\u0001(.*?)\u0001/g, "<$1>")),
  };
}

export function named(fields: readonly Field[], name: string): Field[] {
  return fields.filter(([other]) => other.toLowerCase() === name.toLowerCase());
}

export function changed(fields: readonly Field[], [name, value]: Field, mode: number): Field[] {
  const others =
    mode === SetMode.add ? fields : fields.filter((field) => named([field], name).length === 0);
  return mode === SetMode.remove ? [...others] : [...others, [name, value]];
}
