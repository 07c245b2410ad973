// Groups that a token or certificate gives the client, beside those that the config gives its consumer: for the plugins
// after this one in `ctx.shared`, and for the upstream in Kong's header.
import type { RequestContext } from "@sluice/plugin-sdk";

const KEY = "authenticated_groups";
const HEADER = "X-Authenticated-Groups";

export function setAuthenticatedGroups(ctx: RequestContext, groups: readonly string[]): void {
  ctx.shared.set(KEY, groups);
  ctx.request.setHeader(HEADER, headerText(groups));
}

/** Undefined when nothing gave any. */
export function authenticatedGroups(ctx: RequestContext): readonly string[] | undefined {
  const groups = ctx.shared.get(KEY);
  return Array.isArray(groups) ? groups.filter((each) => typeof each === "string") : undefined;
}

/** Kong's way to write a list of groups, in characters that a header may have. */
export function headerText(values: readonly string[]): string {
  const text = values.join(", ");
  return /^[\t -~]*$/.test(text) ? text : encodeURI(text.toWellFormed());
}
