// Lets only those requests pass whose body and parameters fit a schema, as Kong's request-validator does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { allowsContentType, compileMediaTypes } from "./content-types.ts";
import type { MediaType } from "./content-types.ts";
import { compileParameters, parameterFault } from "./parameters.ts";
import type { Parameter } from "./parameters.ts";
import { compileSchema, DRAFTS } from "./schemas.ts";
import type { CheckSchema } from "./schemas.ts";

const config = s
  .object({
    body_schema: s.string().nonEmpty().optional(),
    version: s.enum(DRAFTS).default("draft4"),
    allowed_content_types: s.array(s.string().nonEmpty()).default(["application/json"]),
    content_type_parameter_validation: s.boolean().default(true),
    parameter_schema: s
      .array(
        s.object({
          in: s.enum(["query", "header", "path"]),
          name: s.string().nonEmpty(),
          required: s.boolean(),
          schema: s.string().nonEmpty().optional(),
          style: s
            .enum([
              "label",
              "form",
              "matrix",
              "simple",
              "spaceDelimited",
              "pipeDelimited",
              "deepObject",
            ])
            .optional(),
          explode: s.boolean().optional(),
        }),
      )
      .optional(),
    verbose_response: s.boolean().default(false),
  })
  .atLeastOneOf("body_schema", "parameter_schema");

interface Settings {
  readonly checkBody: CheckSchema | undefined;
  readonly types: readonly MediaType[];
  readonly parameters: readonly Parameter[];
  readonly isVerbose: boolean;
}

export default definePlugin({
  name: "request-validator",
  version: "1.0.0",
  priority: 999,
  config,

  configure(config): Settings {
    const { body_schema, version, parameter_schema = [] } = config;
    if (config.allowed_content_types.length === 0) {
      throw new ConfigError("allows nothing, expected at least one", "allowed_content_types");
    }
    return {
      checkBody:
        body_schema === undefined ? undefined : compileSchema(body_schema, version, "body_schema"),
      types: compileMediaTypes(config.allowed_content_types, {
        ignoresParameters: !config.content_type_parameter_validation,
      }),
      parameters: compileParameters(parameter_schema, version),
      isVerbose: config.verbose_response,
    };
  },

  onRequest(ctx, settings) {
    for (const parameter of settings.parameters) {
      const fault = parameterFault(ctx, parameter);
      if (fault === undefined) continue;
      const { name, in: place } = parameter;
      const message = `${place} '${name}' validation failed, ${fault}`;
      return refuse(ctx, settings, message, "request param doesn't conform to schema");
    }
    if (settings.checkBody === undefined) return;
    if (!allowsContentType(settings.types, ctx.request.header("content-type"))) {
      return ctx.error(400, "specified Content-Type is not allowed");
    }
    return checkContent(ctx, settings, settings.checkBody);
  },
});

/** Bodies of types that are allowed and no JSON are not looked at, as in Kong. More than 1 MiB is 413. */
async function checkContent(
  ctx: RequestContext,
  settings: Settings,
  check: CheckSchema,
): Promise<EarlyResponse | undefined> {
  if (!isJson(ctx.request.header("content-type"))) return undefined;
  const text = await ctx.request.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(ctx, settings, "the body is no JSON", BODY_FAULT);
  }
  const fault = check(value);
  return fault === undefined ? undefined : refuse(ctx, settings, fault, BODY_FAULT);
}

const BODY_FAULT = "request body doesn't conform to schema";

function refuse(
  ctx: RequestContext,
  { isVerbose }: Settings,
  detail: string,
  message: string,
): EarlyResponse {
  return ctx.error(400, isVerbose ? detail : message);
}

function isJson(contentType: string | undefined): boolean {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "application/json";
  return type === "application/json" || type.endsWith("+json");
}
