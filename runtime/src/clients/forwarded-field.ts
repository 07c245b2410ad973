// Forwarded (RFC 7239 §4), read strictly: a quote that somebody left open would swallow what honest proxies added.

/** One element: what one proxy said. */
export interface ForwardedElement {
  readonly text: string;
  /** The value of `for`, unquoted. */
  readonly from: string | undefined;
}

const PAIR =
  /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[\t !#-[\]-~]|\\[\t -~])*)")/y;
const SPACE = /[\t ]*/y;

/** The elements of one field line in order, or undefined when it is malformed. Empty elements are left out. */
export function parseForwarded(line: string): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  for (let at = 0; at <= line.length; at++) {
    const start = skipSpace(line, at);
    const read = readElement(line, start);
    if (read === undefined) return undefined;
    if (read.end > start) {
      elements.push({ text: line.slice(start, read.end), from: read.from });
    }
    at = skipSpace(line, read.end);
    if (at < line.length && line[at] !== ",") return undefined;
  }
  return elements;
}

/** Up to where there is a pair no more; the caller sees whether that is an element's end. */
function readElement(
  line: string,
  start: number,
): { readonly from: string | undefined; readonly end: number } | undefined {
  const names = new Set<string>();
  let from: string | undefined;
  for (let at = start; ; at++) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(line);
    if (pair !== null) {
      const name = pair[1]?.toLowerCase() ?? "";
      // RFC 7239 §4: each parameter once per element.
      if (names.has(name)) return undefined;
      names.add(name);
      if (name === "for") from = pair[2] ?? pair[3]?.replaceAll(/\\(.)/g, "$1");
      at = PAIR.lastIndex;
    }
    if (line[at] !== ";") return { from, end: at };
  }
}

function skipSpace(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}
