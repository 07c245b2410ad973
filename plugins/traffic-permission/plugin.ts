// Says which workloads may call a service, as Kuma's MeshTrafficPermission does: whoever no rule lets in stays out.
import { ConfigError, counter, definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import { readForwarded } from "../parts/forwarded-certificate.ts";

const spiffeId = s.string().pattern(/^spiffe:\/\/[a-z0-9._-]+(\/[A-Za-z0-9._-]+)*\/?$/);

const match = s.object({
  spiffeID: s
    .object({ type: s.enum(["Exact", "Prefix"]), value: spiffeId })
    .optional()
    .describe("Of the client's certificate."),
  tags: s
    .record(s.string())
    .optional()
    .describe("NAME: VALUE stands for the tag NAME:VALUE of the consumer, * for any value."),
});

const matches = s.array(match).default([]);

const config = s.object({
  rules: s
    .array(
      s.object({
        default: s.object({ deny: matches, allowWithShadowDeny: matches, allow: matches }),
      }),
    )
    .nonEmpty(),
});

type Match = Infer<typeof match>;

const decisions = counter("decisions_total", {
  help: "Requests, by what the rules say of them",
  labels: ["decision"],
});

export default definePlugin({
  name: "traffic-permission",
  version: "1.0.0",
  priority: 960,
  config,

  configure({ rules }) {
    const all = (kind: "deny" | "allowWithShadowDeny" | "allow"): readonly Match[] =>
      rules.flatMap((rule) => rule.default[kind]);
    const settings = {
      deny: all("deny"),
      shadowDeny: all("allowWithShadowDeny"),
      allow: all("allow"),
    };
    for (const each of Object.values(settings).flat()) checkMatch(each);
    return settings;
  },

  onRequest(ctx, { deny, shadowDeny, allow }) {
    const who = callerOf(ctx);
    const isAnyOf = (list: readonly Match[]): boolean => list.some((each) => fits(each, who));
    if (isAnyOf(deny)) return refuse(ctx, who);
    if (isAnyOf(shadowDeny)) {
      decisions.increment({ decision: "shadow_denied" });
      ctx.log.warn("let in, and to be denied when the rule is enforced", shown(who));
      return;
    }
    if (!isAnyOf(allow)) return refuse(ctx, who);
    decisions.increment({ decision: "allowed" });
  },
});

function refuse(ctx: RequestContext, who: Caller): RequestOutcome {
  decisions.increment({ decision: "denied" });
  ctx.log.info("denied", shown(who));
  return ctx.error(403, "RBAC: access denied");
}

/** A match of nothing would be one of everybody. */
function checkMatch({ spiffeID, tags }: Match): void {
  if (spiffeID === undefined && (tags === undefined || Object.keys(tags).length === 0)) {
    throw new ConfigError("each match needs spiffeID or tags", "rules");
  }
}

interface Caller {
  readonly spiffeId: string | undefined;
  readonly tags: readonly string[];
}

function callerOf({ client, consumers }: RequestContext): Caller {
  return {
    spiffeId: client.certificate === undefined ? undefined : spiffeIdIn(client.certificate),
    tags: consumers.current?.tags ?? [],
  };
}

/** The one URI of the certificate (X.509-SVID §2): with two of them nobody can say who it is. */
function spiffeIdIn(forwarded: string): string | undefined {
  const subject = readForwarded(forwarded);
  if (subject === undefined) return undefined;
  const { validity, alternativeNames } = subject;
  const nowMs = Date.now();
  if (validity !== undefined && (nowMs < validity.fromMs || nowMs > validity.untilMs)) return;
  const ids = alternativeNames.filter((name) => name.startsWith("spiffe://"));
  return ids.length === 1 ? ids[0] : undefined;
}

function fits({ spiffeID, tags = {} }: Match, who: Caller): boolean {
  if (spiffeID !== undefined && !isId(spiffeID, who.spiffeId)) return false;
  return Object.entries(tags).every(([name, value]) =>
    value === "*"
      ? who.tags.some((tag) => tag.startsWith(`${name}:`))
      : who.tags.includes(`${name}:${value}`),
  );
}

function isId({ type, value }: NonNullable<Match["spiffeID"]>, id: string | undefined): boolean {
  if (id === undefined) return false;
  if (type === "Exact") return id === value;
  // Whole segments: spiffe://mesh/ns/pay is no prefix of spiffe://mesh/ns/payroll.
  return id === value || id.startsWith(value.endsWith("/") ? value : `${value}/`);
}

function shown({ spiffeId: id, tags }: Caller): Record<string, unknown> {
  return { spiffe_id: id ?? null, tags };
}
