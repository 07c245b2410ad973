// Lets consumers in by their groups, as Kong's acl does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import { authenticatedGroups, headerText } from "../parts/authenticated-groups.ts";

const groups = s.array(s.string().nonEmpty());

const config = s.object({
  allow: groups.optional().describe("Only these groups are let in."),
  deny: groups.optional().describe("All but these groups are let in."),
  hide_groups_header: s.boolean().default(false).describe("Keeps the groups from the upstream."),
  always_use_authenticated_groups: s
    .boolean()
    .default(false)
    .describe("Groups of the token count even when the consumer is known by a credential."),
  include_consumer_groups: s
    .literal(false)
    .default(false)
    .describe("There are no consumer groups in this version."),
});

const FORBIDDEN = "You cannot consume this service";

export default definePlugin({
  name: "acl",
  version: "1.0.0",
  priority: 950,
  config,
  capabilities: ["consumers"],

  configure({ allow = [], deny = [], hide_groups_header, always_use_authenticated_groups }) {
    if (allow.length > 0 === deny.length > 0) {
      throw new ConfigError("exactly one of allow and deny must name groups");
    }
    return {
      isAllowed: allow.length > 0,
      named: new Set(allow.length > 0 ? allow : deny),
      isHidden: hide_groups_header,
      prefersToken: always_use_authenticated_groups,
    };
  },

  onRequest(ctx, { isAllowed, named, isHidden, prefersToken }): RequestOutcome {
    const found = groupsOf(ctx, prefersToken);
    if (found === undefined) {
      const isKnown = ctx.consumers.credentialId !== undefined;
      return isKnown ? ctx.error(403, FORBIDDEN) : ctx.error(401, "Unauthorized");
    }
    if (found.values.some((each) => named.has(each)) !== isAllowed)
      return ctx.error(403, FORBIDDEN);
    ctx.request.removeHeader("X-Authenticated-Groups");
    if (!isHidden && found.values.length > 0) {
      ctx.request.setHeader(found.header, headerText(found.values));
    }
    return ctx.remember();
  },
});

interface FoundGroups {
  readonly values: readonly string[];
  readonly header: string;
}

/** Kong's order: the consumer's own groups, unless a token brought others and no credential is beside it. */
function groupsOf(ctx: RequestContext, prefersToken: boolean): FoundGroups | undefined {
  const { current, credentialId } = ctx.consumers;
  if (current === undefined || prefersToken || credentialId === undefined) {
    const values = authenticatedGroups(ctx);
    if (values !== undefined) return { values, header: "X-Authenticated-Groups" };
  }
  return current && { values: current.groups, header: "X-Consumer-Groups" };
}
