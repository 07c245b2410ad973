// Changes requests on their way to the upstream, as Kong's request-transformer does.
import { ConfigError, definePlugin, HttpError, s } from "@sluice/plugin-sdk";
import type { MutableRequest, RequestContext } from "@sluice/plugin-sdk";

import { changedHeaders } from "../parts/changed-headers.ts";
import { applyChanges, compileChanges, names, pairs, renderChanges } from "../parts/changes.ts";
import type { Changes, ValuePlace } from "../parts/changes.ts";
import { changeableName } from "../parts/header-names.ts";
import { nameValues } from "../parts/name-values.ts";
import { compileTemplate } from "../parts/templates.ts";
import type { Template } from "../parts/templates.ts";
import { bodyKind, changeBody } from "./body.ts";

const NOTHING = { headers: [], querystring: [], body: [] };

const lists = s.object({ headers: pairs, querystring: pairs, body: pairs }).default(NOTHING);

const config = s.object({
  http_method: s
    .string()
    .pattern(/^[A-Z]+$/)
    .optional(),
  remove: s.object({ headers: names, querystring: names, body: names }).default(NOTHING),
  rename: lists,
  replace: s
    .object({ headers: pairs, querystring: pairs, body: pairs, uri: s.string().optional() })
    .default(NOTHING),
  add: lists,
  append: lists,
  dots_in_keys: s
    .boolean()
    .default(true)
    .describe("Whether a.b is the name of a member of JSON, or the member b of a."),
});

interface Settings {
  readonly method: string | undefined;
  readonly uri: Template | undefined;
  readonly headers: Changes<Template> | undefined;
  readonly query: Changes<Template> | undefined;
  readonly body: Changes<Template> | undefined;
  readonly dotsInKeys: boolean;
}

export default definePlugin({
  name: "request-transformer",
  version: "1.0.0",
  priority: 801,
  config,

  configure(config): Settings {
    const { http_method, replace, dots_in_keys } = config;
    const compile = (text: string, { path }: ValuePlace): Template => compileTemplate(text, path);
    return {
      method: http_method,
      uri: replace.uri ? compileUri(replace.uri) : undefined,
      headers: compileChanges(config, {
        of: "headers",
        checkName: changeableName,
        compile,
      }),
      query: compileChanges(config, { of: "querystring", compile }),
      body: compileChanges(config, { of: "body", compile }),
      dotsInKeys: dots_in_keys,
    };
  },

  onRequest(ctx, settings) {
    const { request } = ctx;
    // Templates are about the request as it came, whatever is changed first.
    const uri = settings.uri?.render(ctx);
    const headers = settings.headers && renderChanges(settings.headers, ctx);
    const query = settings.query && renderChanges(settings.query, ctx);
    const body = settings.body && renderChanges(settings.body, ctx);

    const bodyBefore = bodyKind(request.header("content-type"));
    if (uri !== undefined) setPath(request, uri);
    if (settings.method !== undefined) request.method = settings.method;
    if (headers !== undefined) applyChanges(changedHeaders(request), headers);
    if (query !== undefined) changeQuery(request, query);
    const movesForm = bodyBefore === "form" && HAVE_NO_BODY.has(settings.method ?? "");
    if (body === undefined && !movesForm) return ctx.remember();
    return changeContent(ctx, body, movesForm, settings.dotsInKeys);
  },
});

function compileUri(text: string): Template {
  const uri = compileTemplate(text, "replace.uri", { encode: encodeForPath });
  if (uri.constant !== undefined && !/^\/[^?#]*$/.test(uri.constant)) {
    throw new ConfigError(
      `"${text}" is no path, expected one that starts with / and has no query`,
      "replace.uri",
    );
  }
  return uri;
}

/** Methods whose requests have no form: Kong puts it into the query. */
const HAVE_NO_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "TRACE"]);

async function changeContent(
  { request }: RequestContext,
  changes: Changes<string> | undefined,
  movesForm: boolean,
  dotsInKeys: boolean,
): Promise<void> {
  if (movesForm) {
    const form = new URLSearchParams(await request.text()).toString();
    if (form !== "") request.query = request.query === "" ? form : `${request.query}&${form}`;
  }
  if (changes !== undefined) await changeBody(request, changes, { dotsInKeys });
}

/** Of a value in a path: it cannot begin a query, nor pass for an escape. */
function encodeForPath(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll("%2F", "/").replaceAll("%25", "%");
}

/** What is no plain path, such as one with `..` in what the client sent, goes nowhere (P10). */
function setPath(request: MutableRequest, path: string): void {
  try {
    request.path = path;
  } catch {
    throw new HttpError(400, "The path that comes of the request is none");
  }
}

function changeQuery(request: MutableRequest, changes: Changes<string>): void {
  const query = nameValues(request.query);
  applyChanges(query, changes);
  if (query.isChanged) request.query = query.toString();
}
