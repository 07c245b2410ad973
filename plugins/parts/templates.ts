// Kong's templates, `Bearer $(headers.x-token or "none")`: parsed once, and never run as code.
import { ConfigError } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

/** Gives the text for one request; what the request does not have is empty. */
export interface Template {
  /** Set when the text is the same for all requests. */
  readonly constant: string | undefined;
  render(ctx: RequestContext): string;
}

export interface TemplateOptions {
  /** Applied to what a request brings, and not to what the config says. */
  readonly encode?: (value: string) => string;
}

const SOURCES = ["headers", "query_params", "uri_captures", "shared"] as const;
type Source = (typeof SOURCES)[number];

interface Reference {
  readonly kind: "reference";
  readonly source: Source;
  readonly keys: readonly string[];
}

interface Literal {
  readonly kind: "literal";
  readonly text: string;
}

type Operand = Reference | Literal;

/** Throws ConfigError for an expression that is not supported. */
export function compileTemplate(
  text: string,
  path: string,
  { encode = asItIs }: TemplateOptions = {},
): Template {
  const parts = splitTemplate(text).map((part) =>
    part.kind === "literal" ? [part] : parseExpression(part.expression, path),
  );
  const isConstant = parts.every(([first]) => first?.kind === "literal");
  if (isConstant) {
    const constant = parts.map(([first]) => (first as Literal).text).join("");
    return { constant, render: () => constant };
  }
  return {
    constant: undefined,
    render: (ctx) => parts.map((operands) => valueOf(operands, ctx, encode)).join(""),
  };
}

function asItIs(value: string): string {
  return value;
}

type Part = Literal | { readonly kind: "expression"; readonly expression: string };

/** An expression ends at the first `)` outside of quotes. */
function splitTemplate(text: string): Part[] {
  const parts: Part[] = [];
  const expressions = /\$\(((?:"[^"]*"|'[^']*'|[^)"'])*)\)/g;
  let end = 0;
  for (const match of text.matchAll(expressions)) {
    if (match.index > end) parts.push({ kind: "literal", text: text.slice(end, match.index) });
    parts.push({ kind: "expression", expression: match[1] ?? "" });
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) {
    parts.push({ kind: "literal", text: text.slice(end) });
  }
  return parts;
}

const OPERAND =
  /\s*(?:"([^"]*)"|'([^']*)'|(headers|query_params|uri_captures|shared)((?:\.[\w-]+|\[(?:\d+|"[^"]*"|'[^']*')\])+))\s*(or\b|$)/y;
const KEY = /\.([\w-]+)|\[(?:(\d+)|"([^"]*)"|'([^']*)')\]/g;

/** `a or b or "text"`: the first that the request has. */
function parseExpression(expression: string, path: string): Operand[] {
  const operands: Operand[] = [];
  let at = 0;
  for (;;) {
    OPERAND.lastIndex = at;
    const match = OPERAND.exec(expression);
    if (match === null) throw unsupported(expression, path);
    const [whole, double, single, source, keys = "", operator] = match;
    const literal = double ?? single;
    operands.push(
      literal === undefined
        ? { kind: "reference", source: source as Source, keys: keysOf(keys) }
        : { kind: "literal", text: literal },
    );
    at += whole.length;
    if (operator !== "or") break;
  }
  const isTooDeep = operands.some(
    (operand) =>
      operand.kind === "reference" && operand.source !== "shared" && operand.keys.length > 1,
  );
  if (isTooDeep) throw unsupported(expression, path);
  return operands;
}

function unsupported(expression: string, path: string): ConfigError {
  const expected = SOURCES.map((source) => `${source}.name`).join(", ");
  return new ConfigError(
    `$(${expression}) is not supported, expected ${expected}, texts in quotes, and "or" between them`,
    path,
  );
}

function keysOf(text: string): string[] {
  return [...text.matchAll(KEY)].map(
    ([, name, index, double, single]) => name ?? index ?? double ?? single ?? "",
  );
}

function valueOf(
  operands: readonly Operand[],
  ctx: RequestContext,
  encode: (value: string) => string,
): string {
  for (const operand of operands) {
    if (operand.kind === "literal") return operand.text;
    const value = referenceValue(operand, ctx);
    if (value !== undefined) return encode(value);
  }
  return "";
}

function referenceValue({ source, keys }: Reference, ctx: RequestContext): string | undefined {
  const [name = ""] = keys;
  switch (source) {
    case "headers":
      // Kong reads `headers.x_token` as x-token, too.
      return ctx.request.header(name) ?? ctx.request.header(name.replaceAll("_", "-"));
    case "query_params":
      return ctx.request.queryArg(name);
    case "uri_captures": {
      const captures = ctx.request.uriCaptures;
      return Object.hasOwn(captures, name) ? captures[name] : undefined;
    }
    case "shared":
      return sharedValue(ctx.shared.get(name), keys.slice(1));
  }
}

function sharedValue(value: unknown, keys: readonly string[]): string | undefined {
  const [key, ...rest] = keys;
  if (key !== undefined) {
    const isOwn = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    return isOwn ? sharedValue((value as Record<string, unknown>)[key], rest) : undefined;
  }
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
