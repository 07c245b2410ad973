// Finds the author's line in what the engine says about the bundled script.
import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { STUB_NAME } from "./bundle.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { SOURCE_DIR } from "./places.ts";

const STACK_POSITION = /plugin\.js:(\d+):(\d+)/g;

/** `failure`: the error's text, then its stack. Without a place in the author's code it is said of `entry`. */
export function locateFailure(failure: string, sourceMap: string, entry: string): Diagnostic {
  const [message = failure] = failure.split("\n", 1);
  // esbuild wrote it.
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  for (const [, line, column] of failure.matchAll(STACK_POSITION)) {
    const origin = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in origin)) continue;
    const file = resolve(dirname(entry), origin.originalSource);
    if (origin.originalSource === STUB_NAME || file.startsWith(SOURCE_DIR)) continue;
    return { file, line: origin.originalLine + 1, column: origin.originalColumn + 1, message };
  }
  return { file: entry, message };
}
