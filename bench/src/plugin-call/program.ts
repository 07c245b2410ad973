// Runs in a process of its own on the runtime that is measured: calls plugins through the gateway's own host, and
// through Extism's plugin.call, in turns, and prints the µs of one call in each turn as JSON.
//   program.ts FOLDER ROUNDS SECONDS
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import createPlugin from "@extism/extism";
import { Exchange } from "../../../runtime/src/exchange.ts";
import type { ClientSide, ConnectionInfo, RequestHead } from "../../../runtime/src/exchange.ts";
import { Fields } from "../../../runtime/src/http1/fields.ts";
import { entryOf } from "../../../runtime/src/plugins/plugin.testing.ts";
import { CodeCache } from "../../../runtime/src/plugins/wasm/code-cache.ts";
import { loadModule } from "../../../runtime/src/plugins/wasm/module.ts";
import { WasmPlugin } from "../../../runtime/src/plugins/wasm/wasm-plugin.ts";
import { newPluginStats } from "../../../runtime/src/status/plugin-stats.ts";
import { gatewayParts } from "../../../runtime/src/thread-parts.ts";

/** Undefined where there is nothing to wait for. */
type Call = () => Promise<void> | undefined;

const [folder = "", rounds = "5", seconds = "1"] = process.argv.slice(2);

/** A browser's request. */
const HEADERS: readonly (readonly [string, string])[] = [
  ["host", "gateway.example"],
  ["user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"],
  ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["accept-language", "en-US,en;q=0.5"],
  ["accept-encoding", "gzip, deflate, br"],
  ["cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"],
  ["x-api-key", "0123456789abcdef"],
  ["connection", "keep-alive"],
];
/** As if the host knew which one the plugin reads. */
const WANTED = HEADERS.filter(([name]) => name === "x-api-key");
const SEEN = "0123456789abcdef";
const BODY_BYTES = 65_536;

const calls: Readonly<Record<string, Call>> = {
  typescript: await throughGateway("read-and-set"),
  assemblyscript: await throughGateway("read-and-set-as"),
  "extism-quickjs": await throughExtism("through-json", "sluice_access", headInput(HEADERS)),
  "extism-quickjs-small": await throughExtism("through-json", "sluice_access", headInput(WANTED)),
  "extism-native": await throughExtism("extism-native", "access", headInput(HEADERS)),
  "chunk-typescript": await chunkThroughGateway("read-and-set"),
  "chunk-extism-quickjs": await throughExtism("through-json", "sluice_access", bodyInput()),
};

const times: Record<string, number[]> = {};
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, call] of Object.entries(calls)) {
    // The first turn is for the just-in-time compilers.
    if (round === 0) await timeOf(call);
    (times[name] ??= []).push(await timeOf(call));
  }
}
process.stdout.write(`${JSON.stringify(times)}\n`);
process.exit(0);

/** µs of one call. */
async function timeOf(call: Call): Promise<number> {
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + Number(seconds) * 1000;
  let count = 0;
  let nowMs = startedAtMs;
  while (nowMs < endAtMs) {
    for (let more = 0; more < 100; more++) {
      const waiting = call();
      if (waiting !== undefined) await waiting;
    }
    count += 100;
    nowMs = performance.now();
  }
  return ((nowMs - startedAtMs) * 1000) / count;
}

function newExchange(): Exchange {
  const fields = new Fields();
  for (const [name, value] of HEADERS) fields.add(name, value);
  // As much of a request as these plugins reach.
  const head = { id: "id", method: "GET", path: "/", query: "", fields } as unknown as RequestHead;
  const exchange = new Exchange(head, {} as ClientSide, {} as ConnectionInfo);
  exchange.status = 200;
  return exchange;
}

async function gatewayPlugin(name: string): Promise<WasmPlugin> {
  const bytes = await readFile(join(folder, `${name}.wasm`));
  const module = await loadModule(name, bytes, new CodeCache());
  const { services } = await gatewayParts({ logLevel: "error", pluginTimeoutMs: 1000 }, []);
  return WasmPlugin.start(module, [entryOf(name)], {
    services,
    stats: newPluginStats(),
    callLimitMs: 1000,
    retryDelayMs: 1000,
  });
}

/** The whole way from the pipeline's call to its verdict, limits and counters included. */
async function throughGateway(name: string): Promise<Call> {
  const plugin = await gatewayPlugin(name);
  const exchange = newExchange();
  const call = (): undefined => {
    exchange.responseEdits = undefined;
    plugin.run("access", exchange, 0);
  };
  call();
  if (exchange.responseEdits?.[0]?.value !== SEEN) throw new Error(`${name} set no header`);
  return call;
}

async function chunkThroughGateway(name: string): Promise<Call> {
  const plugin = await gatewayPlugin(name);
  const exchange = newExchange();
  const bytes = Buffer.alloc(BODY_BYTES, "a");
  return () => void plugin.run("body_filter", exchange, 0, { bytes, isLast: false });
}

function headInput(headers: typeof HEADERS): () => string {
  const request = { id: "id", method: "GET", path: "/", query: "", headers };
  return () => JSON.stringify(request);
}

function bodyInput(): () => string {
  const body = "a".repeat(BODY_BYTES);
  return () => JSON.stringify({ body });
}

interface Output {
  readonly body?: string;
  readonly response?: { readonly headers: { readonly set: readonly (readonly string[])[] } };
}

/** As Extism's documentation has it: one plugin, one call after the other, JSON in and out, the changes applied. */
async function throughExtism(name: string, entry: string, input: () => string): Promise<Call> {
  const module = await WebAssembly.compile(await readFile(join(folder, `${name}.wasm`)));
  let memory: WebAssembly.Memory | undefined;
  const unused = WebAssembly.Module.imports(module)
    .filter((each) => each.module === "extism:host/user")
    .map((each): [string, (...values: unknown[]) => number] => [each.name, () => 0]);
  const functions = Object.fromEntries(unused);
  const config = Buffer.from('{"id":"entry","config":{}}');
  functions["config_get"] = (_context, _config, buffer) => {
    if (memory !== undefined) config.copy(Buffer.from(memory.buffer), Number(buffer));
    return config.length;
  };
  const plugin = await createPlugin(
    { wasm: [{ module, name: "main" }] },
    // Extism types host functions with its own call context and bigints.
    { useWasi: false, functions: { "extism:host/user": functions as never } },
  );
  const { exports } = await plugin.getInstance();
  if (exports["memory"] instanceof WebAssembly.Memory) memory = exports["memory"];
  const configure = exports["sluice_configure"];
  if (typeof configure === "function") configure(0);
  const exchange = newExchange();
  const call = async (): Promise<void> => {
    const result = await plugin.call(entry, input());
    // Of the plugin that was called, which this bench has built.
    const output = JSON.parse(result?.text() ?? "{}") as Output;
    exchange.responseFields = new Fields();
    for (const [of = "", value = ""] of output.response?.headers.set ?? []) {
      exchange.responseFields.add(of, value);
    }
    if (output.body !== undefined && output.body.length !== BODY_BYTES) throw new Error("cut");
  };
  await call();
  const seen = exchange.responseFields.get("x-seen");
  if (!input().includes('"body"') && seen !== SEEN) throw new Error(`${name} set ${seen}`);
  return call;
}
