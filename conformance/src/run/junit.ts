// Reads the JUnit XML that `node --test` and `bun test` write: the one report both have.

export interface CaseResult {
  /** Suites and test, joined by " > ". */
  readonly name: string;
  /** As the runner writes it; empty when it does not. */
  readonly file: string;
  readonly kind: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly message: string;
}

const TAG =
  /<(\/?)(testsuites|testsuite|testcase|undefined|failure|error|skipped)\b((?:[^>"]|"[^"]*")*)>/g;

/** All test cases of a report, in order. Throws when the report is cut short. */
export function parseJunit(xml: string): CaseResult[] {
  const results: CaseResult[] = [];
  const suites: string[] = [];
  let open: CaseResult | undefined;
  let isClosed = false;
  for (const [, slash, tag = "", rest = ""] of withoutText(xml).matchAll(TAG)) {
    const isEnd = slash === "/";
    const isSelfClosed = rest.endsWith("/");
    const attributes = readAttributes(rest);
    switch (tag) {
      case "testsuites":
        isClosed = isEnd;
        break;
      case "testsuite":
        if (isEnd) suites.pop();
        else if (!isSelfClosed) suites.push(attributes.get("name") ?? "");
        break;
      case "undefined":
        // Node's name for a test or suite that began and never reported its end.
        if (!isEnd) results.push(unfinished(suites, attributes));
        break;
      case "testcase":
        if (isEnd && open !== undefined) results.push(open);
        open = isEnd ? undefined : openCase(suites, attributes);
        if (isSelfClosed && open !== undefined) results.push(open);
        break;
      default:
        if (open !== undefined && !isEnd) open = worse(open, tag, attributes);
    }
  }
  if (!isClosed) throw new Error("the report has no end");
  return results;
}

/** A runner's text and CDATA may hold anything, tags included. */
function withoutText(xml: string): string {
  return xml.replaceAll(/<!\[CDATA\[[\s\S]*?\]\]>/g, "").replaceAll(/<!--[\s\S]*?-->/g, "");
}

function openCase(suites: readonly string[], attributes: ReadonlyMap<string, string>): CaseResult {
  const path = [...suites.filter((suite) => !suite.endsWith(".ts")), attributes.get("name") ?? ""];
  const file = attributes.get("file") ?? "";
  return { name: path.join(" > "), file, kind: "passed", message: "" };
}

function unfinished(
  suites: readonly string[],
  attributes: ReadonlyMap<string, string>,
): CaseResult {
  const message = "began, and its end was not reported";
  return { ...openCase(suites, attributes), kind: "failed", message };
}

function worse(
  result: CaseResult,
  tag: string,
  attributes: ReadonlyMap<string, string>,
): CaseResult {
  const message = attributes.get("message") ?? attributes.get("type") ?? "";
  if (tag === "skipped") {
    return result.kind === "failed" ? result : { ...result, kind: "skipped", message };
  }
  return { ...result, kind: "failed", message };
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    attributes.set(name, unescape(value));
  }
  return attributes;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[String(name)] ?? whole;
  });
}
