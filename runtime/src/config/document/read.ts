// Text to tree: YAML 1.2 in the core schema, and JSON, which is part of it. Strict where YAML is not.
import { Composer, Parser } from "yaml";
import type { CST, Document, LineCounter, ParsedNode, YAMLError } from "yaml";
import type { FaultLog } from "../faults.ts";
import { Converter } from "./convert.ts";
import { findBeyondLimits } from "./limits.ts";
import type { ConfigNode } from "./node.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** The document's root; undefined when the text is no document at all. Faults are logged. */
export function readDocument(
  text: string,
  lines: LineCounter,
  faults: FaultLog,
): ConfigNode | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    faults.add("", 0, `expected at most ${MAX_BYTES} bytes`);
    return undefined;
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  checkTokens(tokens, faults);
  if (!faults.isEmpty) return undefined;
  const document = compose(tokens, text.length);
  for (const error of [...document.errors, ...document.warnings]) {
    faults.add("", Math.max(error.pos[0], 0), syntaxMessage(error));
  }
  if (!faults.isEmpty) return undefined;
  return new Converter(faults).convert(document.contents, "", 1).node;
}

function checkTokens(tokens: readonly CST.Token[], faults: FaultLog): void {
  const documents = tokens.filter((token) => token.type === "document");
  const [, second] = documents;
  if (second !== undefined) faults.add("", second.offset, "expected one YAML document only");
  for (const token of tokens) {
    // %YAML 1.1 would change what `no` and `012` mean.
    if (token.type === "directive") faults.add("", token.offset, "directives are not supported");
  }
  for (const document of documents) {
    const fault = findBeyondLimits(document);
    if (fault !== undefined) faults.add("", fault.offset, fault.message);
  }
}

function compose(tokens: readonly CST.Token[], length: number): Document.Parsed<ParsedNode> {
  // uniqueKeys compares each key with all others, which takes minutes for a large mapping; Converter checks them.
  const composer = new Composer<ParsedNode>({
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  // Asked for, a document is always made, be it an empty one.
  const [document] = [...composer.compose(tokens, true, length)];
  if (document === undefined) throw new Error("the YAML composer made no document");
  return document;
}

/** The library's messages, without the text that some of them quote: it may be a credential. */
function syntaxMessage(error: YAMLError): string {
  if (error.code === "TAB_AS_INDENT")
    return "expected spaces: YAML does not allow tabs as indentation";
  const isAboutText = error.code === "UNEXPECTED_TOKEN" || error.code === "IMPOSSIBLE";
  const message = isAboutText ? error.message.replace(/:.*/s, "") : error.message;
  return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
