// Leads from the bundled script back to the author's own lines.
import { dirname, resolve } from "node:path";
import { compactSourceMap } from "../source-map/compact.ts";
import type { SourceMapJson } from "../source-map/compact.ts";
import { SCRIPT_NAME, StackTraces } from "../source-map/stack-trace.ts";
import { STUB_NAME } from "./bundle.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { SOURCE_DIR } from "./places.ts";

/** esbuild's source map, reduced to what is not the SDK's; its paths are relative to the entry. */
export function authorsSourceMap(sourceMap: string, entry: string): SourceMapJson {
  const isAuthors = (source: string): boolean =>
    source !== STUB_NAME && !isSdk(resolve(dirname(entry), source));
  // esbuild wrote it.
  return compactSourceMap(JSON.parse(sourceMap) as SourceMapJson, isAuthors);
}

/** Its fixtures are plugins like any other. */
function isSdk(file: string): boolean {
  return file.startsWith(SOURCE_DIR) && !/[/\\]fixtures[/\\]/.test(file);
}

const PLACE = /^\s+at (?:.*\()?(.+?):(\d+):(\d+)\)?$/m;

/** `failure`: the error's text, then its stack. Without a place in the author's code it is said of `entry`. */
export function locateFailure(failure: string, map: SourceMapJson, entry: string): Diagnostic {
  const [message = failure] = failure.split("\n", 1);
  const traces = new StackTraces(new TextEncoder().encode(JSON.stringify(map)));
  const [, source, line, column] = PLACE.exec(traces.resolve(failure)) ?? [];
  if (source === undefined || source === SCRIPT_NAME) return { file: entry, message };
  const file = resolve(dirname(entry), source);
  return { file, line: Number(line), column: Number(column), message };
}
