// Runs in a process of its own on the runtime that is measured: the same guests with fuel checks and without, in turns;
// prints the µs of one call in each turn as JSON.
//   program.ts FOLDER ROUNDS SECONDS
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HOST_FUNCTIONS } from "../../../plugin-sdk/src/abi.ts";
import { GuestCall } from "../../../runtime/src/plugins/wasm/guest-call.ts";
import { Fuel } from "../../../runtime/src/plugins/wasm/metering/fuel.ts";
import { meter } from "../../../runtime/src/plugins/wasm/metering/meter.ts";

const [folder = "", rounds = "5", seconds = "1"] = process.argv.slice(2);

type Exports = Readonly<Record<string, (...parameters: number[]) => number>>;

/** A call, and how many are made between two looks at the clock. */
interface Guest {
  readonly call: () => void;
  readonly batch: number;
}

const KEY = "0123456789abcdef";
const KEY_AUTH = {
  key_names: ["x-api-key"],
  key_in_header: true,
  key_in_query: false,
  key_in_body: false,
  hide_credentials: false,
  run_on_preflight: true,
};

/** Without checks, and with them. */
const guests: Readonly<Record<string, readonly [plain: Guest, metered: Guest]>> = {
  "empty-loop": await both((isMetered) => emptyLoop(isMetered)),
  assemblyscript: await both((isMetered) =>
    plugin("key-and-limit", isMetered, { keys: [KEY], minute: 1e9 }, 100),
  ),
  "quickjs-key-auth": await both((isMetered) => plugin("key-auth", isMetered, KEY_AUTH, 100)),
  "quickjs-compute": await both((isMetered) => plugin("compute", isMetered, {}, 4)),
};

const times: Record<string, number[]> = {};
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, [plain, metered]] of Object.entries(guests)) {
    // The first turn is for the just-in-time compilers; then each of both is first in every other round.
    if (round === 0) for (const guest of [plain, metered, plain, metered]) shortest(guest);
    const [first, second] = round % 2 === 0 ? [plain, metered] : [metered, plain];
    const [one, other] = [shortest(first), shortest(second)];
    (times[name] ??= []).push(round % 2 === 0 ? one : other);
    (times[`${name}-metered`] ??= []).push(round % 2 === 0 ? other : one);
  }
}
process.stdout.write(`${JSON.stringify(times)}\n`);
process.exit(0);

/** µs of a call in the quickest batch: what a neighbour takes of the core is in the others. */
function shortest({ call, batch }: Guest): number {
  const endAtMs = performance.now() + Number(seconds) * 1000;
  let best = Infinity;
  for (;;) {
    const startedAtMs = performance.now();
    for (let left = batch; left > 0; left--) call();
    const nowMs = performance.now();
    best = Math.min(best, nowMs - startedAtMs);
    if (nowMs > endAtMs) return (best * 1000) / batch;
  }
}

async function both(make: (isMetered: boolean) => Promise<Guest>): Promise<[Guest, Guest]> {
  return [await make(false), await make(true)];
}

async function emptyLoop(isMetered: boolean): Promise<Guest> {
  const exports = await instance("empty-loop", isMetered, {});
  return { call: () => void exports["run"]?.(1_000_000), batch: 1 };
}

/** A plugin whose access phase runs on a host that answers at once: the guest's time is what is measured. */
async function plugin(
  name: string,
  isMetered: boolean,
  config: unknown,
  batch: number,
): Promise<Guest> {
  let memory: Buffer = Buffer.alloc(0);
  const write = (text: string, buffer: number, limit: number): number => {
    const length = Buffer.byteLength(text);
    // Growing detaches it.
    if (memory.length !== linear.buffer.byteLength) memory = Buffer.from(linear.buffer);
    if (length <= limit) memory.write(text, buffer);
    return length;
  };
  const answers: Readonly<Record<string, (...parameters: number[]) => number>> = {
    config_get: (_, buffer = 0, limit = 0) =>
      write(JSON.stringify({ id: "e", config }), buffer, limit),
    field_get: (...parameters) => write(KEY, parameters[5] ?? 0, parameters[6] ?? 0),
    now_ms: () => 1,
    random_number: () => 0.5,
    store_increment: () => 1,
  };
  const functions = Object.fromEntries(
    Object.entries(HOST_FUNCTIONS).map(([host, notation]) => {
      // Whatever else it asks succeeds, or there is nothing of the kind.
      const otherwise = /_get$|_find$/.test(host) ? -1 : 0;
      return [host, answers[host] ?? (() => (notation.endsWith("f") ? 0 : otherwise))];
    }),
  );
  const exports = await instance(name, isMetered, functions);
  const linear = exports["memory"] as unknown as WebAssembly.Memory; // Plugins export it.
  exports["_initialize"]?.();
  if (exports["sluice_configure"]?.(0) !== 0) throw new Error(`${name} does not take its config`);
  return {
    call: () => {
      const verdict = exports["sluice_access"]?.(1, 0);
      if (verdict !== 0 && verdict !== 1) throw new Error(`${name} gave ${verdict}`);
    },
    batch,
  };
}

async function instance(
  name: string,
  isMetered: boolean,
  functions: Record<string, (...parameters: number[]) => number>,
): Promise<Exports> {
  const bytes = new Uint8Array(await readFile(join(folder, `${name}.wasm`)));
  const module = new WebAssembly.Module(isMetered ? meter(bytes) : bytes);
  const { exports } = new WebAssembly.Instance(module, { "extism:host/user": functions });
  if (isMetered) {
    const call = new GuestCall();
    call.begin("access", 0, undefined, Infinity);
    new Fuel(call, () => {}).attach(exports);
  }
  return exports as Exports; // Functions, but for the memory.
}
