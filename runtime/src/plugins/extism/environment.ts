// What an Extism plugin imports from `extism:host/env`: input, output, blocks, config, variables, log. Addresses and
// lengths are 64-bit numbers. There is no network: see checkExtismModule.
import type { PluginLog } from "../wasm/host-services.ts";
import { HostMemory } from "./host-memory.ts";

/** Extism's namespace for its own functions. */
export const EXTISM_NAMESPACE = "extism:host/env";

/** Bytes of one entry's variables, names included. */
const MAX_VARIABLE_BYTES = 1024 * 1024;
const MAX_LOG_BYTES = 8192;

/** Extism's levels and the ABI's. */
const LOG_LEVELS = { log_trace: 0, log_debug: 0, log_info: 1, log_warn: 2, log_error: 3 } as const;

/** What one plugin entry has: its settings as texts, and what the plugin keeps between calls. */
export class EntryState {
  readonly config: ReadonlyMap<string, string>;
  readonly variables: Map<string, Buffer> = new Map();
  variableBytes = 0;

  constructor(config: ReadonlyMap<string, string>) {
    this.config = config;
  }
}

type HostFunction = (
  context: unknown,
  ...parameters: (bigint | number)[]
) => bigint | number | void;

export class ExtismEnvironment {
  readonly #plugin: string;
  readonly #log: PluginLog;
  readonly #memory = new HostMemory();
  #state = new EntryState(new Map());
  #input: Buffer = Buffer.alloc(0);
  #inputAddress = 0;
  #outputAddress = 0;
  #outputLength = 0;
  #errorAddress = 0;

  constructor(plugin: string, log: PluginLog) {
    this.#plugin = plugin;
    this.#log = log;
  }

  /** Begins a call. False when the input is too large. */
  begin(state: EntryState, input: string): boolean {
    this.#memory.reset();
    this.#state = state;
    this.#input = Buffer.from(input);
    this.#inputAddress = this.#memory.store(this.#input);
    this.#outputAddress = 0;
    this.#outputLength = 0;
    this.#errorAddress = 0;
    return this.#inputAddress !== 0;
  }

  /** What the plugin gave as its output; undefined when it gave none. */
  get output(): Buffer | undefined {
    return this.#memory.block(this.#outputAddress)?.subarray(0, this.#outputLength);
  }

  /** What the plugin gave as its error. */
  get error(): string | undefined {
    return this.#memory.block(this.#errorAddress)?.toString("utf8", 0, MAX_LOG_BYTES);
  }

  /** The functions, as Extism takes them: with its own call context before the guest's arguments. */
  functions(): Readonly<Record<string, HostFunction>> {
    const memory = this.#memory;
    const logs = Object.entries(LOG_LEVELS).map(([name, level]): [string, HostFunction] => [
      name,
      (_, address) => this.#write(level, Number(address)),
    ]);
    return {
      ...Object.fromEntries(logs),
      get_log_level: () => 0,
      alloc: (_, length) => BigInt(memory.allocate(Number(length))),
      free: (_, address) => memory.free(Number(address)),
      length: (_, address) => BigInt(memory.lengthOf(Number(address))),
      length_unsafe: (_, address) => BigInt(memory.lengthOf(Number(address))),
      load_u8: (_, address) => memory.loadByte(Number(address)),
      load_u64: (_, address) => memory.loadWord(Number(address)),
      store_u8: (_, address, value) => memory.storeByte(Number(address), Number(value)),
      store_u64: (_, address, value = 0n) => memory.storeWord(Number(address), BigInt(value)),
      input_offset: () => BigInt(this.#inputAddress),
      input_length: () => BigInt(this.#input.length),
      input_load_u8: (_, at) => this.#input.readUInt8(Number(at)),
      input_load_u64: (_, at) => this.#input.readBigUInt64LE(Number(at)),
      output_set: (_, address, length) => this.#setOutput(Number(address), Number(length)),
      error_set: (_, address) => void (this.#errorAddress = Number(address)),
      error_get: () => BigInt(this.#errorAddress),
      config_get: (_, key) => this.#give(this.#state.config.get(this.#take(Number(key)))),
      var_get: (_, key) => this.#give(this.#state.variables.get(this.#take(Number(key)))),
      var_set: (_, key, value) => this.#setVariable(Number(key), Number(value)),
    };
  }

  #setOutput(address: number, length: number): void {
    // What a guest does not set has no address: an empty output.
    if (length !== 0 && !(length > 0 && length <= this.#memory.lengthOf(address))) {
      throw new RangeError(`the output's ${length} bytes are in no block`);
    }
    this.#outputAddress = address;
    this.#outputLength = length;
  }

  /** The text of a block, which is freed: the plugin gives it away. */
  #take(address: number): string {
    const text = this.#memory.block(address)?.toString("utf8") ?? "";
    this.#memory.free(address);
    return text;
  }

  #give(value: string | Buffer | undefined): bigint {
    if (value === undefined) return 0n;
    return BigInt(this.#memory.store(typeof value === "string" ? Buffer.from(value) : value));
  }

  #setVariable(keyAddress: number, valueAddress: number): void {
    const state = this.#state;
    const key = this.#memory.block(keyAddress)?.toString("utf8") ?? "";
    const old = state.variables.get(key);
    if (old !== undefined) {
      state.variables.delete(key);
      state.variableBytes -= sizeOf(key, old);
    }
    const value = this.#memory.block(valueAddress);
    if (value === undefined) return;
    const size = sizeOf(key, value);
    if (state.variableBytes + size > MAX_VARIABLE_BYTES) {
      throw new RangeError(`variables have at most ${MAX_VARIABLE_BYTES} bytes`);
    }
    state.variableBytes += size;
    state.variables.set(key, Buffer.from(value));
  }

  #write(level: number, address: number): void {
    const text = this.#memory.block(address)?.toString("utf8", 0, MAX_LOG_BYTES) ?? "";
    this.#memory.free(address);
    this.#log.write(this.#plugin, level, text);
  }
}

function sizeOf(key: string, value: Uint8Array): number {
  return Buffer.byteLength(key) + value.length;
}

/** Names of the functions that a module may import. */
export const EXTISM_FUNCTIONS: ReadonlySet<string> = new Set(
  Object.keys(new ExtismEnvironment("", { write: () => {} }).functions()),
);
