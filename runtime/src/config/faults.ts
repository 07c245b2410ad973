// Faults are gathered, not thrown: whoever wrote the config sees all of them at once.
import type { LineCounter } from "yaml";
import type { ConfigFault, SourcePosition } from "./model.ts";

/** A fault as one line for people: `file:line:column: path: message`. */
export function formatFault(file: string, fault: ConfigFault): string {
  const path = fault.path === "" ? "" : `${fault.path}: `;
  return `${file}:${fault.line}:${fault.column}: ${path}${fault.message}`;
}

/** The path of a key or an item below a path, such as `services[1].routes[0].paths[0]`. */
export function childPath(path: string, segment: string | number): string {
  if (typeof segment === "number") return `${path}[${segment}]`;
  if (!/^[\w-]+$/.test(segment)) return `${path}[${quote(segment)}]`;
  return path === "" ? segment : `${path}.${segment}`;
}

const MAX_QUOTED_CHARACTERS = 60;

/** Text as part of a message: on one line, in quotes, not too long. */
export function quote(text: string): string {
  const isLong = text.length > MAX_QUOTED_CHARACTERS;
  return JSON.stringify(isLong ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text);
}

/** Collects faults by offset in the text and turns offsets into lines and columns. */
export class FaultLog {
  readonly #lines: LineCounter;
  readonly #faults: ConfigFault[] = [];

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  add(path: string, offset: number, message: string): void {
    this.#faults.push({ ...this.positionOf(path, offset), message });
  }

  /** For what is found out when the tree is gone. */
  addAt(position: SourcePosition, message: string): void {
    this.#faults.push({ ...position, message });
  }

  positionOf(path: string, offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { path, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** In the order of the file. */
  sorted(): readonly ConfigFault[] {
    return this.#faults.toSorted(
      (one, other) => one.line - other.line || one.column - other.column,
    );
  }
}
