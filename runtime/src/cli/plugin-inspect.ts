// sluice plugin inspect
import { readFile } from "node:fs/promises";
import { inspectPlugin } from "@sluice/plugin-sdk/compiler";
import type { Inspection } from "@sluice/plugin-sdk/compiler";
import type { Command } from "./command.ts";
import { describeSchema } from "./describe-schema.ts";
import { UsageError } from "./fault.ts";

export const pluginInspectCommand: Command = {
  name: "plugin inspect",
  usage: "sluice plugin inspect [options] FILE.wasm",
  summary: "Says what a .wasm is, what it asks for, and why a gateway would not take it.",
  options: {
    json: { help: "prints JSON" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, ...rest] = options.positionals;
    if (file === undefined || rest.length > 0) {
      throw new UsageError("plugin inspect: expected one FILE.wasm");
    }
    const inspection = await inspectPlugin(Uint8Array.from(await readFile(file)));
    const text = options.isSet("json")
      ? JSON.stringify(inspection, undefined, 2)
      : describe(file, inspection);
    process.stdout.write(`${text}\n`);
    return inspection.faults.length === 0 ? 0 : 1;
  },
};

function describe(file: string, inspection: Inspection): string {
  const { manifest, faults } = inspection;
  const title = manifest === undefined ? file : `${manifest.name} ${manifest.version} (${file})`;
  const rows = rowsOf(inspection).map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  return [
    title,
    ...faults.map((fault) => `  ! ${fault}`),
    ...rows,
    ...(manifest === undefined ? [] : ["  config", ...describeSchema(manifest.config, "    ")]),
  ].join("\n");
}

const KINDS: Readonly<Record<Inspection["kind"], string>> = {
  plugin: "a plugin",
  extism: "a plain Extism plugin",
  module: "a WebAssembly module that is no plugin",
  broken: "no WebAssembly module",
};

function rowsOf(inspection: Inspection): (readonly [name: string, value: string])[] {
  const { kind, manifest, memory, exports, imports, size, sha256, hasSourceMap } = inspection;
  const file = [
    ["is", KINDS[kind]],
    ["size", bytes(size)],
    ["sha256", sha256],
  ] as const;
  if (kind === "broken") return [...file];
  const most = memory?.max === undefined ? "no limit of its own" : `${bytes(memory.max)} at most`;
  return [
    ...file,
    ...(manifest === undefined
      ? [["manifest", "none"] as const]
      : ([
          ["ABI", String(manifest.abi)],
          ["priority", String(manifest.priority)],
          ["phases", listed(manifest.phases)],
          ["capabilities", listed(manifest.capabilities ?? [])],
          ["metrics", listed((manifest.metrics ?? []).map((of) => `${of.kind} ${of.name}`))],
        ] as const)),
    ["memory", memory === undefined ? "none" : `${bytes(memory.initial)} at first, ${most}`],
    ["exports", listed(exports)],
    ["imports", listed(imports)],
    ["source map", hasSourceMap ? "yes" : "no"],
  ];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}

function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`;
  return count < 1024 * 1024
    ? `${Math.round(count / 1024)} KB`
    : `${(count / 1048576).toFixed(1)} MB`;
}
