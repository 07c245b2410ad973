// Bundles a plugin, all that it imports and the guest into one script for the engine.
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import type { Message, Plugin } from "esbuild";
import type { Diagnostic } from "./diagnostics.ts";
import { SOURCE_DIR } from "./places.ts";

export type Bundle =
  | {
      readonly kind: "bundled";
      readonly source: string;
      readonly sourceMap: string;
      readonly inputs: readonly string[];
    }
  | {
      readonly kind: "failed";
      readonly diagnostics: readonly Diagnostic[];
      readonly inputs: readonly string[];
    };

/** Name of the script that joins guest and plugin, in positions. */
export const STUB_NAME = "sluice-entry";

/**
 * `entry` is the absolute path of the module whose default export is the plugin. `inputs` are the files of the author
 * and of packages that were read; when it failed, those that were asked for, found or not.
 */
export async function bundle(entry: string): Promise<Bundle> {
  const absWorkingDir = dirname(entry);
  const asked = new Set([entry]);
  try {
    const result = await build({
      stdin: {
        contents: stub(entry),
        resolveDir: absWorkingDir,
        loader: "ts",
        sourcefile: STUB_NAME,
      },
      absWorkingDir,
      bundle: true,
      write: false,
      format: "iife",
      target: "es2023",
      // Packages' versions for browsers use the platform's standards and no Node.
      platform: "browser",
      conditions: ["sluice-source", "worker"],
      define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
      minifyWhitespace: true,
      minifySyntax: true,
      keepNames: false,
      legalComments: "none",
      logLevel: "silent",
      sourcemap: "external",
      sourcesContent: false,
      outfile: join(absWorkingDir, "plugin.js"),
      metafile: true,
      plugins: [remember(asked), sdk, nodeModules],
    });
    const output = (suffix: string): string =>
      result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
    const inputs = Object.keys(result.metafile.inputs)
      .map((path) => resolve(absWorkingDir, path))
      .filter((path) => !path.startsWith(SOURCE_DIR) && !path.endsWith(STUB_NAME));
    return { kind: "bundled", source: output(".js"), sourceMap: output(".js.map"), inputs };
  } catch (error) {
    if (!hasErrors(error)) throw error;
    const diagnostics = error.errors.map((message) => diagnosticOf(message, entry));
    return { kind: "failed", diagnostics, inputs: [...asked] };
  }
}

/** The guest comes first, so that its globals are there when the plugin's modules run. */
function stub(entry: string): string {
  const guest = join(SOURCE_DIR, "guest", "install.ts");
  return [
    `import { install } from ${JSON.stringify(guest)};`,
    `import plugin from ${JSON.stringify(entry)};`,
    "install(plugin);",
  ].join("\n");
}

/** Notes the author's files that are imported, also those that are not there. */
function remember(asked: Set<string>): Plugin {
  return {
    name: "remember",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        if (resolveDir.startsWith(SOURCE_DIR)) return undefined;
        asked.add(resolve(resolveDir, path));
        // What esbuild would try first.
        if (!/\.\w+$/.test(path)) asked.add(`${resolve(resolveDir, path)}.ts`);
        return undefined;
      });
    },
  };
}

/** A plugin gets the SDK that compiles it, wherever it lies. */
const sdk: Plugin = {
  name: "sdk",
  setup({ onResolve }) {
    onResolve({ filter: /^@sluice\/plugin-sdk$/ }, () => ({ path: join(SOURCE_DIR, "index.ts") }));
  },
};

const nodeModules: Plugin = {
  name: "node-modules",
  setup({ onResolve, resolve: resolveImport }) {
    onResolve({ filter: /^[a-z_:/]+$/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === "resolved" || !isBuiltin(path)) return undefined;
      // A package of that name from npm will do, such as `buffer` or `events`.
      const found = path.startsWith("node:")
        ? undefined
        : await resolveImport(path, { resolveDir, kind, pluginData: "resolved" });
      if (found !== undefined && found.errors.length === 0) return { path: found.path };
      const text = `"${path}" is a module of Node: there is none in a plugin`;
      return { errors: [{ text }] };
    });
  },
};

function hasErrors(error: unknown): error is { errors: Message[] } {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function diagnosticOf({ text, location }: Message, entry: string): Diagnostic {
  if (location === null) return { message: text };
  // The only thing that can go wrong in the stub is the import of the plugin.
  if (location.file === STUB_NAME) return { file: entry, message: NO_DEFAULT_EXPORT };
  const file = resolve(dirname(entry), location.file);
  return { file, line: location.line, column: location.column + 1, message: text };
}

const NO_DEFAULT_EXPORT = "a plugin's module must have a default export: what definePlugin returns";
