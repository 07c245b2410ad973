// Changes responses on their way to the client, as Kong's response-transformer does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { ResponseContext } from "@sluice/plugin-sdk";

import { changedHeaders } from "../parts/changed-headers.ts";
import { applyChanges, compileChanges, names, pairs } from "../parts/changes.ts";
import type { Changes, ValuePlace } from "../parts/changes.ts";
import { changeableName, isHeaderValue } from "../parts/header-names.ts";
import { jsonMembers } from "../parts/json-members.ts";
import { parseJsonObject } from "../parts/json-object.ts";
import type { JsonObject } from "../parts/json-object.ts";
import { castValue, JSON_TYPES } from "./json-types.ts";

const jsonTypes = s.array(s.enum(JSON_TYPES)).default([]);
const NOTHING = { headers: [], json: [] };

const values = s
  .object({ headers: pairs, json: pairs, json_types: jsonTypes })
  .default({ ...NOTHING, json_types: [] });

const config = s.object({
  remove: s.object({ headers: names, json: names }).default(NOTHING),
  rename: s.object({ headers: pairs, json: pairs }).default(NOTHING),
  replace: values,
  add: values,
  append: values,
});

interface Settings {
  readonly headers: Changes<string> | undefined;
  readonly json: Changes<string | number | boolean> | undefined;
}

export default definePlugin({
  name: "response-transformer",
  version: "1.0.0",
  priority: 800,
  config,

  configure(config): Settings {
    return {
      headers: compileChanges(config, {
        of: "headers",
        checkName: changeableName,
        compile: checkedHeaderValue,
      }),
      json: compileChanges(config, {
        of: "json",
        compile: (text, { kind, index, path }) =>
          castValue(text, config[kind].json_types[index], path),
      }),
    };
  },

  onResponse(ctx, { headers, json }) {
    // Kong tells by the type that the upstream gave.
    const isJson = json !== undefined && hasJson(ctx);
    if (headers !== undefined) applyChanges(changedHeaders(ctx.response), headers);
    if (!isJson) return ctx.remember();
    return changeJson(ctx, json);
  },
});

function checkedHeaderValue(text: string, { path }: ValuePlace): string {
  if (isHeaderValue(text)) return text;
  throw new ConfigError(
    `${JSON.stringify(text)} fits no header: control characters, or beyond U+00FF`,
    path,
  );
}

function hasJson({ request, response }: ResponseContext): boolean {
  const { status } = response;
  if (request.method === "HEAD" || status === 204 || status === 304) return false;
  if (response.header("content-encoding") !== undefined) return false;
  const type = response.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  return type === "application/json";
}

/** What is no object of JSON stays as it is; more than 1 MiB is 502. */
async function changeJson(
  { response, log }: ResponseContext,
  changes: Changes<string | number | boolean>,
): Promise<void> {
  const text = await response.text();
  let root: JsonObject | undefined;
  try {
    root = parseJsonObject(text);
  } catch {
    log.warn("body transform failed: failed parsing json body");
  }
  if (root === undefined) return;
  const members = jsonMembers(root, { dotsInKeys: true });
  applyChanges(members, changes);
  if (members.isChanged) response.setBody(JSON.stringify(root));
}
