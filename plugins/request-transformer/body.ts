// Changes of a request's body, by its type: JSON, a form, or multipart form data.
import type { MutableRequest } from "@sluice/plugin-sdk";

import { applyChanges } from "../parts/changes.ts";
import type { Changes } from "../parts/changes.ts";
import { jsonMembers } from "../parts/json-members.ts";
import { parseJsonObject } from "../parts/json-object.ts";
import type { JsonObject } from "../parts/json-object.ts";
import { bytesOfLatin1, latin1Of } from "../parts/latin1.ts";
import { nameValues } from "../parts/name-values.ts";
import { boundaryOf, parseMultipart } from "./multipart.ts";

export type BodyKind = "json" | "form" | "multipart";

/** As Kong tells them. */
export function bodyKind(contentType: string | undefined): BodyKind | undefined {
  const type = contentType?.toLowerCase() ?? "";
  if (type.includes("application/json")) return "json";
  if (type.includes("multipart/form-data")) return "multipart";
  return type.includes("application/x-www-form-urlencoded") ? "form" : undefined;
}

export interface BodyOptions {
  readonly dotsInKeys: boolean;
}

/** A body of another type, or that is not what its type says, stays as it is. More than 1 MiB is 413. */
export async function changeBody(
  request: MutableRequest,
  changes: Changes<string>,
  options: BodyOptions,
): Promise<void> {
  const contentType = request.header("content-type");
  switch (bodyKind(contentType)) {
    case undefined:
      return;
    case "json":
      return changeJson(request, await request.text(), changes, options);
    case "form": {
      const form = nameValues(await request.text());
      applyChanges(form, changes);
      if (form.isChanged) request.setBody(form.toString());
      return;
    }
    case "multipart":
      return changeMultipart(request, contentType ?? "", await request.bytes(), changes);
  }
}

function changeJson(
  request: MutableRequest,
  text: string,
  changes: Changes<string>,
  { dotsInKeys }: BodyOptions,
): void {
  const root = text === "" ? {} : objectOf(text);
  if (root === undefined) return;
  const members = jsonMembers(root, { dotsInKeys });
  applyChanges(members, changes);
  if (members.isChanged && (text !== "" || Object.keys(root).length > 0)) {
    request.setBody(JSON.stringify(root));
  }
}

function objectOf(text: string): JsonObject | undefined {
  try {
    return parseJsonObject(text);
  } catch {
    return undefined;
  }
}

function changeMultipart(
  request: MutableRequest,
  contentType: string,
  bytes: Uint8Array,
  changes: Changes<string>,
): void {
  const boundary = boundaryOf(contentType);
  const form = boundary === undefined ? undefined : parseMultipart(latin1Of(bytes), boundary);
  if (form === undefined) return;
  // Kong appends nothing to these.
  applyChanges(form, { ...changes, append: [] });
  if (form.isChanged) request.setBody(bytesOfLatin1(form.toString()));
}
