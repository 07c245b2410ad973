// Regular expressions from a config, run on what clients send. The engine backtracks, so patterns and texts have bounds
// (P11); what still takes too long is stopped by the limit on a plugin's calls.
import { ConfigError } from "@sluice/plugin-sdk";

const MAX_PATTERN_CHARACTERS = 1024;
/** Of a text, what is beyond is not looked at. */
const MAX_TEXT_CHARACTERS = 2048;

/**
 * Compiles a pattern of PCRE's and JavaScript's common ground; `(?i)` in front ignores case. `path` is where it stands in
 * the config. Throws ConfigError when it does not compile, or could take exponential time: a repetition inside of a
 * repetition without a bound, or a back reference.
 */
export function compilePattern(source: string, path: string): RegExp {
  if (source.length > MAX_PATTERN_CHARACTERS) {
    const found = `has ${source.length} characters`;
    throw new ConfigError(`${found}, expected at most ${MAX_PATTERN_CHARACTERS}`, path);
  }
  const ignoresCase = source.startsWith("(?i)");
  const body = ignoresCase ? source.slice("(?i)".length) : source;
  let pattern: RegExp;
  try {
    pattern = new RegExp(body, ignoresCase ? "i" : "");
  } catch {
    throw new ConfigError(`"${source}" is not a valid regex`, path);
  }
  const danger = dangerOf(body);
  if (danger !== undefined) throw new ConfigError(`"${source}" has ${danger}`, path);
  return pattern;
}

/** What can make a match of this pattern take exponential time; undefined for nothing. */
export function dangerOf(source: string): string | undefined {
  /** For each open group, whether a repetition stands in it. */
  const open: boolean[] = [false];
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === "\\") {
      at++;
      if (/[1-9k]/.test(source[at] ?? "")) return "a back reference";
    } else if (character === "[") at = endOfClass(source, at);
    else if (character === "(") open.push(false);
    else if (character === ")") {
      const repeats = open.pop() === true;
      const isRepeated = isUnbounded(source, at + 1);
      if (repeats && isRepeated) return "a repetition inside of a repetition";
      if (repeats || isRepeated) open[open.length - 1] = true;
    } else if (isUnbounded(source, at)) open[open.length - 1] = true;
  }
  return undefined;
}

/** Position of the `]` of the class that starts at `start`. */
function endOfClass(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
  return at;
}

/** A few repetitions multiply, too: only small numbers are harmless. */
const MAX_REPETITIONS = 16;

function isUnbounded(source: string, at: number): boolean {
  const character = source[at];
  if (character === "*" || character === "+") return true;
  if (character !== "{") return false;
  const [whole, , comma, last] = /^\{(\d+)(,?)(\d*)\}/.exec(source.slice(at)) ?? [];
  if (whole === undefined) return false;
  return comma === "," && (last === "" || Number(last) > MAX_REPETITIONS);
}

/** Whether the pattern matches anywhere in what is looked at of the text. */
export function matches(pattern: RegExp, text: string): boolean {
  return pattern.test(
    text.length > MAX_TEXT_CHARACTERS ? text.slice(0, MAX_TEXT_CHARACTERS) : text,
  );
}
