// From the texts of a parameter to the value that its schema is about (OpenAPI 3.0, "Style Values").
type Type = "array" | "object" | "integer" | "number" | "boolean" | "string";

export interface ParameterType {
  readonly type: Type | undefined;
  /** Of the items of a list. */
  readonly items: Type | undefined;
  /** Of the members of an object. */
  readonly properties: ReadonlyMap<string, Type | undefined>;
}

export interface Reader {
  readonly name: string;
  readonly style: string;
  readonly explodes: boolean;
  readonly type: ParameterType | undefined;
}

/** What a schema says of the types of its values; the text is one that compiled. */
export function typeOf(schema: string): ParameterType {
  const { type, items, properties } = JSON.parse(schema) as {
    readonly type?: unknown;
    readonly items?: { readonly type?: unknown };
    readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
  };
  const members = Object.entries(properties ?? {}).map(
    ([name, member]): [string, Type | undefined] => [name, singleType(member?.type)],
  );
  return { type: singleType(type), items: singleType(items?.type), properties: new Map(members) };
}

const TYPES: readonly unknown[] = ["array", "object", "integer", "number", "boolean", "string"];

function singleType(type: unknown): Type | undefined {
  return TYPES.includes(type) ? (type as Type) : undefined;
}

/** Undefined when the request has no such parameter. */
export function readValue(texts: readonly [string, string][], reader: Reader): unknown {
  const { type } = reader;
  const [first] = texts;
  if (first === undefined) return undefined;
  if (reader.style === "deepObject") return deepObject(texts, reader);
  const values = texts.map(([, value]) => withoutPrefix(value, reader));
  if (type?.type === "array") return listOf(values, reader).map((item) => cast(item, type.items));
  if (type?.type === "object") return objectOf(listOf(values, reader), reader);
  // Several values where one is meant are no value of any type that a schema could mean.
  return values.length > 1 ? values : cast(values[0] ?? "", type?.type);
}

/** `.a` and `;name=a` are how a path writes `a`. */
function withoutPrefix(value: string, { style, name }: Reader): string {
  if (style === "label") return value.replace(/^\./, "");
  const start = `;${name}=`;
  return style === "matrix" && value.startsWith(start) ? value.slice(start.length) : value;
}

function listOf(values: readonly string[], { style, explodes, name }: Reader): string[] {
  if (style === "form" && explodes) return [...values];
  const [text = ""] = values;
  switch (style) {
    case "spaceDelimited":
      return values.length > 1 ? [...values] : text.split(" ");
    case "pipeDelimited":
      return values.length > 1 ? [...values] : text.split("|");
    case "label":
      return text.split(explodes ? "." : ",");
    case "matrix":
      return text.split(explodes ? `;${name}=` : ",");
    default:
      return values.flatMap((value) => value.split(",")).map((item) => item.trim());
  }
}

/** `a,1,b,2`, or `a=1,b=2` when it explodes. */
function objectOf(items: readonly string[], { explodes, type }: Reader): Record<string, unknown> {
  const pairs: [string, string][] = [];
  if (explodes) {
    for (const item of items) {
      const at = item.indexOf("=");
      pairs.push(at < 0 ? [item, ""] : [item.slice(0, at), item.slice(at + 1)]);
    }
  } else {
    for (let at = 0; at < items.length; at += 2) pairs.push([items[at] ?? "", items[at + 1] ?? ""]);
  }
  return fromPairs(pairs, type);
}

/** `name[a]=1&name[b]=2`. */
function deepObject(
  texts: readonly [string, string][],
  { name, type }: Reader,
): Record<string, unknown> {
  return fromPairs(
    texts.map(([key, value]) => [key.slice(name.length + 1).replace(/\]$/, ""), value]),
    type,
  );
}

function fromPairs(
  pairs: readonly [string, string][],
  type: ParameterType | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(([key, value]) => [key, cast(value, type?.properties.get(key))]),
  );
}

/** What is not of the type stays text, which the schema then refuses. */
function cast(text: string, type: Type | undefined): unknown {
  switch (type) {
    case "integer":
    case "number":
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "array":
    case "object":
    case "string":
    case undefined:
      return text;
  }
}
