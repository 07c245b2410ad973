// Which types a body may have. Parameters count, names and a charset in any case (RFC 9110 section 8.3.1).
export interface MediaType {
  readonly type: string;
  /** `name=value` in order; undefined when any will do. */
  readonly parameters: string | undefined;
}

export interface MediaTypeOptions {
  readonly ignoresParameters: boolean;
}

/** `*` in the place of a type or subtype stands for all. */
export function compileMediaTypes(
  types: readonly string[],
  { ignoresParameters }: MediaTypeOptions,
): readonly MediaType[] {
  return types.map((text) => {
    const { type, parameters } = parse(text);
    return { type, parameters: ignoresParameters ? undefined : parameters };
  });
}

export function allowsContentType(
  types: readonly MediaType[],
  contentType: string | undefined,
): boolean {
  // A request that says nothing has what Kong takes for JSON.
  const given = parse(contentType ?? "application/json");
  return types.some(
    ({ type, parameters }) =>
      isOfType(given.type, type) && (parameters === undefined || parameters === given.parameters),
  );
}

function isOfType(given: string, wanted: string): boolean {
  if (wanted === "*/*" || wanted === given) return true;
  return wanted.endsWith("/*") && given.startsWith(wanted.slice(0, -1));
}

function parse(text: string): { readonly type: string; readonly parameters: string } {
  const [type = "", ...rest] = text.split(";");
  const parameters = rest.map((parameter) => {
    const [name = "", value = ""] = parameter.split("=");
    const plain = value.trim().replace(/^"(.*)"$/, "$1");
    const key = name.trim().toLowerCase();
    return `${key}=${key === "charset" ? plain.toLowerCase() : plain}`;
  });
  // The boundary of a form is a new one each time.
  const lasting = parameters.filter((parameter) => !parameter.startsWith("boundary="));
  return { type: type.trim().toLowerCase(), parameters: lasting.sort().join(";") };
}
