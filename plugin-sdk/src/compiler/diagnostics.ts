// What the compiler says about a plugin that cannot be built.
import { isAbsolute, relative } from "node:path";

export interface Diagnostic {
  /** Absolute path. */
  readonly file?: string;
  /** From 1, as is the column. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** `file:line:column: message` in one line; the path is relative to the working directory when it lies in it. */
export function formatDiagnostic({ file, line, column, message }: Diagnostic): string {
  const text = message.replaceAll(/\s+/g, " ").trim();
  if (file === undefined) return text;
  const short = relative(process.cwd(), file);
  const path = short.startsWith("..") || isAbsolute(short) ? file : short;
  return line === undefined ? `${path}: ${text}` : `${path}:${line}:${column ?? 1}: ${text}`;
}

/** First those of the bundler, which are about what a plugin may do, then those of other lines. */
export function mergeDiagnostics(
  bundler: readonly Diagnostic[],
  types: readonly Diagnostic[],
): Diagnostic[] {
  const place = ({ file, line }: Diagnostic): string => `${file}:${line}`;
  const said = new Set(bundler.filter(({ line }) => line !== undefined).map(place));
  return [...bundler, ...types.filter((diagnostic) => !said.has(place(diagnostic)))];
}
