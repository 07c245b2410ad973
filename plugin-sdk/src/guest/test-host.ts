// A gateway for tests of built plugins: every host function over plain maps, loaded through Extism as the real one.
import createPlugin from "@extism/extism";
import { Fault, IMPORT_NAMESPACE } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import { changed, fieldFunctions, named, TestRequest } from "./test-request.ts";
import type { FieldHost, Field } from "./test-request.ts";
import { TestBodies } from "./test-bodies.ts";
import { consumerFunctions } from "./test-consumers.ts";
import { TestQuotas } from "./test-quotas.ts";
import { TestServices } from "./test-services.ts";
import { urlFunctions } from "./test-urls.ts";

type PhaseExport = (request: number, config: number) => number;

type ChunkExport = (request: number, config: number, length: number, isLast: number) => number;

/** Exports of a plugin, called as a gateway calls them. */
export interface Guest {
  readonly memory: WebAssembly.Memory;
  readonly sluice_abi_version: () => number;
  readonly sluice_configure: (config: number) => number;
  readonly sluice_access: PhaseExport;
  readonly sluice_header_filter: PhaseExport;
  readonly sluice_request_body: ChunkExport;
  readonly sluice_body_filter: ChunkExport;
  readonly sluice_log: PhaseExport;
  readonly sluice_resume: (call: number, result: number) => number;
}

type HostFunctions = Record<HostFunction, (...values: number[]) => number | void>;

export class TestHost {
  readonly requests: Map<number, TestRequest> = new Map();
  /** By handle: the JSON that config_get gives. */
  readonly configs: Map<number, string> = new Map();
  readonly store: Map<string, { value: string; ttlMs: number }> = new Map();
  readonly logs: { level: number; message: string; fields?: string }[] = [];
  readonly services: TestServices = new TestServices();
  readonly bodies: TestBodies = new TestBodies();
  readonly quotas: TestQuotas = new TestQuotas();
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
  /** Verdicts of phases that were pending, by request. */
  readonly settled: Map<number, number> = new Map();
  /** Delays of timers that are set, by call id. */
  readonly timers: Map<number, { delayMs: number; repeats: boolean }> = new Map();
  /** What the guest asked other servers, by call id. */
  readonly fetches: Map<number, { request: number; head: unknown; body: string }> = new Map();
  /** The fault that fetch answers at once, 0 for none. */
  refuseFetchesWith: number = 0;
  /** What redis_open was given, by id, and what redis_call was, by call id. */
  readonly redisOptions: unknown[] = [];
  readonly commands: Map<number, { redis: number; command: unknown; bytes?: string }> = new Map();
  /** The fault that redis_open answers, 0 for none. */
  refuseRedisWith: number = 0;
  /** What sink_open was given, by id, and what was appended: bytes as text, or the record. */
  readonly sinkOptions: unknown[] = [];
  readonly appended: { request: number; sink: number; entry: string }[] = [];
  /** The fault that sink_open answers, 0 for none. */
  refuseSinksWith: number = 0;
  /** Parts of the result that the guest is resumed with. */
  result: readonly Buffer[] = [];
  #lastCall = 0;
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
    const access: FieldHost = {
      on: (handle, run) => this.#on(handle, run),
      read: (pointer, length, encoding) => this.#read(pointer, length, encoding),
      write: (text, buffer, limit, encoding) => this.#write(text, buffer, limit, encoding),
      refusal: () => this.refuseChangesWith,
    };
    return {
      ...fieldFunctions(access),
      ...consumerFunctions(access, this.credentials, this.consumers),
      ...this.#requestFunctions(),
      ...this.#storeFunctions(),
      ...this.#waitingFunctions(),
      ...this.#fetchFunctions(),
      ...urlFunctions(access),
      ...this.#redisFunctions(),
      ...this.quotas.functions(access),
      ...this.bodies.functions(
        () => this.#bytes(),
        () => ++this.#lastCall,
      ),
      ...this.services.functions({ ...access, bytes: () => this.#bytes() }),
      log_fields: (level = 0, message = 0, length = 0, fields = 0, fieldsLength = 0) =>
        void this.logs.push({
          level,
          message: this.#read(message, length),
          fields: this.#read(fields, fieldsLength),
        }),
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
      sink_open: (options = 0, length = 0) => {
        if (this.refuseSinksWith < 0) return this.refuseSinksWith;
        return this.sinkOptions.push(JSON.parse(this.#read(options, length))) - 1;
      },
      sink_append: (request = 0, sink = 0, data = 0, length = 0) => {
        const record = this.requests.get(request)?.record;
        const entry = length < 0 ? (record ?? "") : this.#read(data, length);
        this.appended.push({ request, sink, entry });
        return 0;
      },
    };
  }

  #waitingFunctions(): Pick<
    HostFunctions,
    "settle" | "result_read" | "timer_start" | "timer_stop"
  > {
    return {
      settle: (request = 0, verdict = 0) => (this.settled.set(request, verdict), 0),
      result_read: (_call = 0, part = 0, offset = 0, buffer = 0, limit = 0) => {
        const bytes = this.result[part];
        if (bytes === undefined) return Fault.badHandle;
        bytes.copy(this.#bytes(), buffer, offset, offset + limit);
        return bytes.length;
      },
      timer_start: (delayMs = 0, repeats = 0) => {
        this.timers.set(++this.#lastCall, { delayMs, repeats: repeats === 1 });
        return this.#lastCall;
      },
      timer_stop: (timer = 0) => (this.timers.delete(timer) ? 0 : Fault.badHandle),
    };
  }

  #redisFunctions(): Pick<HostFunctions, "redis_open" | "redis_call"> {
    return {
      redis_open: (options = 0, length = 0) => {
        const said: unknown = JSON.parse(this.#read(options, length));
        return this.refuseRedisWith < 0 ? this.refuseRedisWith : this.redisOptions.push(said);
      },
      redis_call: (_request = 0, redis = 0, parts = 0, length = 0, data = 0, dataLength = 0) => {
        const command: unknown = JSON.parse(this.#read(parts, length));
        const bytes = dataLength < 0 ? undefined : this.#read(data, dataLength, "latin1");
        this.commands.set(++this.#lastCall, { redis, command, ...(bytes && { bytes }) });
        return this.#lastCall;
      },
    };
  }

  #fetchFunctions(): Pick<HostFunctions, "fetch"> {
    return {
      fetch: (request = 0, head = 0, headLength = 0, body = 0, bodyLength = 0) => {
        if (this.refuseFetchesWith < 0) return this.refuseFetchesWith;
        const text = this.#read(body, bodyLength, "latin1");
        const said: unknown = JSON.parse(this.#read(head, headLength));
        this.fetches.set(++this.#lastCall, { request, head: said, body: text });
        return this.#lastCall;
      },
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
    | "remember"
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
        this.#on(handle, (of) => {
          of.answer = { status, body: this.#read(body, length) };
          of.answerBytes = Buffer.from(this.#bytes().subarray(body, body + length));
          return 0;
        }),
      record_append: (handle = 0, path = 0, pathLength = 0, reopen = 0) =>
        this.#on(handle, ({ record }) => {
          this.files.push({ path: this.#read(path, pathLength), data: `${record}\n`, reopen });
          return 0;
        }),
      remember: (handle = 0, untilMs = 0) =>
        this.#on(handle, (of) => {
          of.rememberedUntilMs = untilMs;
          return untilMs > 0 ? 0 : Fault.badValue;
        }),
      record_get: (handle = 0, buffer = 0, limit = 0) =>
        this.#on(handle, (of) => this.#write(of.record, buffer, limit)),
    };
  }

  #storeFunctions(): Pick<
    HostFunctions,
    "store_get" | "store_set" | "store_delete" | "store_increment" | "store_compare_and_set"
  > {
    return {
      store_get: (key = 0, length = 0, buffer = 0, limit = 0) =>
        this.#write(this.store.get(this.#read(key, length))?.value, buffer, limit),
      store_set: (key = 0, length = 0, value = 0, valueLength = 0, ttlMs = 0) => {
        this.store.set(this.#read(key, length), { value: this.#read(value, valueLength), ttlMs });
        return 0;
      },
      store_compare_and_set: (
        key = 0,
        length = 0,
        expected = 0,
        expectedLength = 0,
        value = 0,
        valueLength = 0,
        ttlMs = 0,
      ) => {
        const name = this.#read(key, length);
        const wanted = expectedLength < 0 ? undefined : this.#read(expected, expectedLength);
        if (this.store.get(name)?.value !== wanted) return 0;
        this.store.set(name, { value: this.#read(value, valueLength), ttlMs });
        return 1;
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
