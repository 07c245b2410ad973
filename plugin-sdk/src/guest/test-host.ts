// A gateway for tests of built plugins: every host function over plain maps, loaded through Extism as the real one.
import createPlugin from "@extism/extism";
import { Fault, IMPORT_NAMESPACE, SetMode } from "../abi.ts";
import type { HostFunction } from "../abi.ts";

type Field = readonly [name: string, value: string];

/** One request, response included. */
export class TestRequest {
  /** By {@link FieldKind}. */
  readonly fields: [request: Field[], response: Field[]] = [[], []];
  readonly properties: Map<number, string> = new Map();
  readonly numbers: Map<number, number> = new Map();
  query: Field[] = [];
  answer: { status: number; body: string } | undefined;
  authenticated: { consumer: number; credential: number } | undefined;
  record = "{}";
}

type PhaseExport = (request: number, config: number) => number;

/** Exports of a plugin, called as a gateway calls them. */
export interface Guest {
  readonly memory: WebAssembly.Memory;
  readonly sluice_abi_version: () => number;
  readonly sluice_configure: (config: number) => number;
  readonly sluice_access: PhaseExport;
  readonly sluice_header_filter: PhaseExport;
  readonly sluice_log: PhaseExport;
}

type HostFunctions = Record<HostFunction, (...values: number[]) => number | void>;

export class TestHost {
  readonly requests: Map<number, TestRequest> = new Map();
  /** By handle: the JSON that config_get gives. */
  readonly configs: Map<number, string> = new Map();
  readonly store: Map<string, { value: string; ttlMs: number }> = new Map();
  readonly logs: { level: number; message: string }[] = [];
  readonly failures: string[] = [];
  readonly files: { path: string; data: string; reopen: number }[] = [];
  /** Handles of credentials, by `collection:key`, and of consumers, by name. */
  readonly credentials: Map<string, number> = new Map();
  readonly consumers: Map<string, number> = new Map();
  nowMs = 0;
  random = 0.5;
  /** How often the guest asked for its deadline, and when it is told that it has passed. */
  deadlineChecks = 0;
  maxDeadlineChecks: number = Infinity;
  /** The fault that field_set answers, 0 for none. */
  refuseChangesWith: number = 0;
  #memory: WebAssembly.Memory | undefined;
  #buffer: Buffer = Buffer.alloc(0);

  async load(wasm: Uint8Array<ArrayBuffer>): Promise<Guest> {
    const functions = Object.fromEntries(
      // Extism puts its own call context before the guest's arguments.
      Object.entries(this.#functions()).map(([name, run]) => [
        name,
        (_context: unknown, ...values: number[]) => run(...values),
      ]),
    );
    const module = await WebAssembly.compile(wasm);
    const plugin = await createPlugin(
      { wasm: [{ module, name: "main" }] },
      // Extism types host functions with bigints; ours take and give numbers.
      { useWasi: false, functions: { [IMPORT_NAMESPACE]: functions as never } },
    );
    // A plugin that the compiler built has these exports.
    const guest = (await plugin.getInstance()).exports as unknown as Guest;
    this.#memory = guest.memory;
    return guest;
  }

  /** Makes a request and gives its handle. */
  request(change: (request: TestRequest) => void = () => {}): number {
    const handle = this.requests.size + 1;
    const request = new TestRequest();
    change(request);
    this.requests.set(handle, request);
    return handle;
  }

  configure(guest: Guest, handle: number, config: unknown = {}, id = "entry"): number {
    this.configs.set(handle, JSON.stringify({ id, config }));
    return guest.sluice_configure(handle);
  }

  #bytes(): Buffer {
    const buffer = this.#memory?.buffer;
    if (buffer !== undefined && this.#buffer.buffer !== buffer) this.#buffer = Buffer.from(buffer);
    return this.#buffer;
  }

  #read(pointer: number, length: number, encoding: BufferEncoding = "utf8"): string {
    return this.#bytes().toString(encoding, pointer, pointer + length);
  }

  #write(
    text: string | undefined,
    buffer: number,
    limit: number,
    encoding: BufferEncoding = "utf8",
  ): number {
    if (text === undefined) return Fault.absent;
    const length = Buffer.byteLength(text, encoding);
    if (length <= limit) this.#bytes().write(text, buffer, length, encoding);
    return length;
  }

  #on(handle: number, run: (request: TestRequest) => number): number {
    const request = this.requests.get(handle);
    if (request === undefined) return Fault.badHandle;
    return run(request);
  }

  #functions(): HostFunctions {
    return {
      ...this.#fieldFunctions(),
      ...this.#requestFunctions(),
      ...this.#storeFunctions(),
      config_get: (config = 0, buffer = 0, limit = 0) =>
        this.#write(this.configs.get(config), buffer, limit),
      log: (level = 0, message = 0, length = 0) =>
        void this.logs.push({ level, message: this.#read(message, length) }),
      fail: (message = 0, length = 0) => void this.failures.push(this.#read(message, length)),
      now_ms: () => this.nowMs,
      random_number: () => this.random,
      random_bytes: (buffer = 0, length = 0) => {
        for (let i = 0; i < length; i++) this.#bytes()[buffer + i] = i;
        return 0;
      },
      deadline_reached: () => (++this.deadlineChecks > this.maxDeadlineChecks ? 1 : 0),
      file_append: (path = 0, pathLength = 0, data = 0, dataLength = 0, reopen = 0) => {
        const line = { path: this.#read(path, pathLength), data: this.#read(data, dataLength) };
        this.files.push({ ...line, reopen });
        return 0;
      },
    };
  }

  #fieldFunctions(): Pick<
    HostFunctions,
    "field_get" | "fields_get" | "field_names" | "field_set" | "fields_set"
  > {
    const list = (request: TestRequest, kind: number): Field[] =>
      request.fields[kind === 0 ? 0 : 1];
    return {
      field_get: (handle = 0, kind = 0, name = 0, length = 0, index = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (request) => {
          const values = named(list(request, kind), this.#read(name, length));
          return this.#write(values[index]?.[1], buffer, limit, "latin1");
        }),
      fields_get: (handle = 0, kind = 0, name = 0, length = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (request) => {
          const values = named(list(request, kind), this.#read(name, length)).map(
            ([, value]) => value,
          );
          return this.#write(
            values.length === 0 ? undefined : values.join("\0"),
            buffer,
            limit,
            "latin1",
          );
        }),
      field_names: (handle = 0, kind = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (request) => {
          const names = new Set(list(request, kind).map(([name]) => `${name.toLowerCase()}\0`));
          return this.#write([...names].join(""), buffer, limit);
        }),
      field_set: (
        handle = 0,
        kind = 0,
        name = 0,
        length = 0,
        value = 0,
        valueLength = 0,
        mode = 0,
      ) =>
        this.#on(handle, (request) => {
          const field: Field = [this.#read(name, length), this.#read(value, valueLength, "latin1")];
          if (this.refuseChangesWith < 0) return this.refuseChangesWith;
          request.fields[kind === 0 ? 0 : 1] = changed(list(request, kind), field, mode);
          return 0;
        }),
      fields_set: (handle = 0, kind = 0, fields = 0, length = 0, count = 0) =>
        this.#on(handle, (request) => {
          const parts = this.#read(fields, length, "latin1").split("\0");
          if (parts.length !== 2 * count + 1) return Fault.badValue;
          if (this.refuseChangesWith < 0) return this.refuseChangesWith;
          for (let at = 0; at < 2 * count; at += 2) {
            const field: Field = [parts[at] ?? "", parts[at + 1] ?? ""];
            const others = list(request, kind);
            request.fields[kind === 0 ? 0 : 1] = changed(others, field, SetMode.replace);
          }
          return 0;
        }),
    };
  }

  #requestFunctions(): Pick<
    HostFunctions,
    | "property_get"
    | "property_set"
    | "number_get"
    | "number_set"
    | "query_get"
    | "query_set"
    | "respond"
    | "credential_find"
    | "consumer_find"
    | "authenticate"
    | "record_get"
    | "record_append"
  > {
    return {
      property_get: (handle = 0, property = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (of) => this.#write(of.properties.get(property), buffer, limit)),
      property_set: (handle = 0, property = 0, value = 0, length = 0) =>
        this.#on(handle, (of) => (of.properties.set(property, this.#read(value, length)), 0)),
      number_get: (handle = 0, number = 0) => this.requests.get(handle)?.numbers.get(number) ?? NaN,
      number_set: (handle = 0, number = 0, value = 0) =>
        this.#on(handle, (of) => (of.numbers.set(number, value), 0)),
      query_get: (handle = 0, name = 0, length = 0, index = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (of) => {
          const value = named(of.query, this.#read(name, length))[index]?.[1];
          return this.#write(value, buffer, limit);
        }),
      query_set: (handle = 0, name = 0, length = 0, value = 0, valueLength = 0, mode = 0) =>
        this.#on(handle, (of) => {
          const field: Field = [this.#read(name, length), this.#read(value, valueLength)];
          of.query = changed(of.query, field, mode);
          return 0;
        }),
      respond: (handle = 0, status = 0, body = 0, length = 0) =>
        this.#on(handle, (of) => ((of.answer = { status, body: this.#read(body, length) }), 0)),
      credential_find: (handle = 0, collection = 0, collectionLength = 0, key = 0, length = 0) =>
        this.#on(handle, () => {
          const name = `${this.#read(collection, collectionLength)}:${this.#read(key, length)}`;
          return this.credentials.get(name) ?? Fault.absent;
        }),
      consumer_find: (handle = 0, name = 0, length = 0) =>
        this.#on(handle, () => this.consumers.get(this.#read(name, length)) ?? Fault.absent),
      authenticate: (handle = 0, consumer = 0, credential = 0) =>
        this.#on(handle, (of) => ((of.authenticated = { consumer, credential }), 0)),
      record_append: (handle = 0, path = 0, pathLength = 0, reopen = 0) =>
        this.#on(handle, ({ record }) => {
          this.files.push({ path: this.#read(path, pathLength), data: `${record}\n`, reopen });
          return 0;
        }),
      record_get: (handle = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (of) => this.#write(of.record, buffer, limit)),
    };
  }

  #storeFunctions(): Pick<
    HostFunctions,
    "store_get" | "store_set" | "store_delete" | "store_increment"
  > {
    return {
      store_get: (key = 0, length = 0, buffer = 0, limit = 0) =>
        this.#write(this.store.get(this.#read(key, length))?.value, buffer, limit),
      store_set: (key = 0, length = 0, value = 0, valueLength = 0, ttlMs = 0) => {
        this.store.set(this.#read(key, length), { value: this.#read(value, valueLength), ttlMs });
        return 0;
      },
      store_delete: (key = 0, length = 0) => (this.store.delete(this.#read(key, length)), 0),
      store_increment: (key = 0, length = 0, delta = 0, ttlMs = 0) => {
        const name = this.#read(key, length);
        const value = Number(this.store.get(name)?.value ?? 0) + delta;
        if (!Number.isNaN(value)) this.store.set(name, { value: String(value), ttlMs });
        return value;
      },
    };
  }
}

function named(fields: readonly Field[], name: string): Field[] {
  return fields.filter(([other]) => other.toLowerCase() === name.toLowerCase());
}

function changed(fields: readonly Field[], [name, value]: Field, mode: number): Field[] {
  const others =
    mode === SetMode.add ? fields : fields.filter((field) => named([field], name).length === 0);
  return mode === SetMode.remove ? [...others] : [...others, [name, value]];
}
