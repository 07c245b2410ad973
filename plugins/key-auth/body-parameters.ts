// The parameters in a request's body, as Kong reads them: of JSON objects and of forms.
import type { MutableRequest } from "@sluice/plugin-sdk";

export interface BodyParameters {
  /** More than one when the name is there more than once, or holds a list. */
  values(name: string): readonly string[];
  /** The body without that parameter. */
  without(name: string): string;
}

/** Of one more byte on, the client gets 413. */
const MAX_BYTES = 1_048_576;

/** A body of another type has none. Throws SyntaxError when it is not what its type says. */
export async function readParameters(request: MutableRequest): Promise<BodyParameters> {
  switch (mediaType(request.header("content-type"))) {
    case "application/json":
      return jsonParameters(await request.text({ maxBytes: MAX_BYTES }));
    case "application/x-www-form-urlencoded":
      return formParameters(await request.text({ maxBytes: MAX_BYTES }));
    default:
      return NO_PARAMETERS;
  }
}

const NO_PARAMETERS: BodyParameters = { values: () => [], without: () => "" };

function mediaType(contentType = ""): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function jsonParameters(text: string): BodyParameters {
  const body: unknown = JSON.parse(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) return NO_PARAMETERS;
  const members = Object.entries(body);
  return {
    values: (name) => members.flatMap(([of, value]) => (of === name ? textsOf(value) : [])),
    without: (name) => JSON.stringify(Object.fromEntries(members.filter(([of]) => of !== name))),
  };
}

/** A list is several keys, whatever is in it. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return ["", ""];
  return typeof value === "string" ? [value] : [];
}

function formParameters(text: string): BodyParameters {
  const pairs = text.split("&");
  return {
    values: (name) => new URLSearchParams(text).getAll(name),
    // What is left stays as it was written.
    without: (name) => pairs.filter((pair) => !new URLSearchParams(pair).has(name)).join("&"),
  };
}
