// Parameters in the query, in headers and in the path, by OpenAPI's styles.
import { ConfigError } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import { compileSchema } from "./schemas.ts";
import type { CheckSchema, Draft } from "./schemas.ts";
import { readValue, typeOf } from "./styles.ts";
import type { Reader } from "./styles.ts";

export interface ParameterConfig {
  readonly in: "query" | "header" | "path";
  readonly name: string;
  readonly required: boolean;
  readonly schema?: string | undefined;
  readonly style?: string | undefined;
  readonly explode?: boolean | undefined;
}

export interface Parameter {
  readonly in: ParameterConfig["in"];
  readonly name: string;
  readonly isRequired: boolean;
  readonly check: CheckSchema | undefined;
  readonly reader: Reader;
}

/** Those that have a meaning at a place; the first one is the default. */
const STYLES: Readonly<Record<ParameterConfig["in"], readonly string[]>> = {
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  header: ["simple"],
  path: ["simple", "label", "matrix"],
};

/** Throws ConfigError. */
export function compileParameters(
  configs: readonly ParameterConfig[],
  draft: Draft,
): readonly Parameter[] {
  return configs.map((config, index) => {
    const path = `parameter_schema[${index}]`;
    const { in: place, name, required, schema, explode } = config;
    const [usual = "simple"] = STYLES[place];
    const style = config.style ?? usual;
    if (!STYLES[place].includes(style)) {
      const expected = STYLES[place].join(", ");
      throw new ConfigError(
        `"${style}" is no style of a ${place}, expected ${expected}`,
        `${path}.style`,
      );
    }
    const check = schema === undefined ? undefined : compileSchema(schema, draft, `${path}.schema`);
    const type = schema === undefined ? undefined : typeOf(schema);
    const explodes = explode ?? style === "form";
    if (type?.type === "object" && style === "form" && explodes) {
      throw new ConfigError("an exploded object of style form has no name of its own", path);
    }
    return {
      in: place,
      name,
      isRequired: required,
      check,
      reader: { name, style, explodes, type },
    };
  });
}

/** What is wrong with the parameter of a request; undefined when it fits. */
export function parameterFault(ctx: RequestContext, parameter: Parameter): string | undefined {
  const value = readValue(textsOf(ctx, parameter), parameter.reader);
  if (value === undefined) return parameter.isRequired ? "required field missing" : undefined;
  return parameter.check?.(value);
}

/** All arguments for `deepObject`, whose names begin with the parameter's; else the values of the name. */
function textsOf(
  { request }: RequestContext,
  { in: place, name, reader }: Parameter,
): readonly [string, string][] {
  const named = (values: readonly string[]): [string, string][] =>
    values.map((value) => [name, value]);
  switch (place) {
    case "header":
      return named(request.headers(name));
    case "path": {
      const captures = request.uriCaptures;
      return Object.hasOwn(captures, name) ? named([captures[name] ?? ""]) : [];
    }
    case "query": {
      if (reader.style !== "deepObject") return named(request.queryArgs(name));
      return [...new URLSearchParams(request.query)].filter(([key]) => key.startsWith(`${name}[`));
    }
  }
}
