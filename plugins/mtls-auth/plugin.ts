// Authenticates clients by their TLS certificates, as Kong Enterprise's mtls-auth does. TLS ends at a trusted peer in
// front of the gateway, which tells of the certificate that it has checked.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext } from "@sluice/plugin-sdk";

import { setAuthenticatedGroups } from "../parts/authenticated-groups.ts";
import { authenticationFields, conclude, isExempt } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import type { Subject } from "../parts/certificate.ts";
import { readForwarded } from "../parts/forwarded-certificate.ts";
import { namedConsumer, credentialIdentifier } from "../parts/named-consumer.ts";

const config = s.object({
  anonymous: authenticationFields.anonymous,
  run_on_preflight: authenticationFields.run_on_preflight,
  consumer_by: s
    .array(s.enum(["username", "custom_id"]))
    .default(["username", "custom_id"])
    .describe("Fields of consumers that a name in the certificate may be."),
  skip_consumer_lookup: s
    .boolean()
    .default(false)
    .describe("Any certificate is let in, as nobody's."),
  default_consumer: s
    .string()
    .nonEmpty()
    .optional()
    .describe("Id or username of the consumer of certificates that are no other one's."),
  authenticated_group_by: s
    .enum(["CN", "DN"])
    .default("CN")
    .describe("What of the subject is the group, when consumers are not looked up."),
});

const NO_CERTIFICATE: Refusal = { status: 401, message: "No required TLS certificate was sent" };
const BAD_CERTIFICATE: Refusal = { status: 401, message: "TLS certificate failed verification" };

export default definePlugin({
  name: "mtls-auth",
  version: "1.0.0",
  priority: 1600,
  config,
  capabilities: ["consumers"],

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    return conclude(ctx, settings, authenticate(ctx, settings));
  },
});

function authenticate(ctx: RequestContext, settings: Infer<typeof config>): Refusal | undefined {
  const told = ctx.client.certificate;
  if (told === undefined) return NO_CERTIFICATE;
  const subject = readForwarded(told);
  if (subject === undefined || !isInTime(subject, Date.now())) return BAD_CERTIFICATE;
  const names = [...subject.alternativeNames, subject.commonName].filter(
    (each) => each !== undefined,
  );
  if (settings.skip_consumer_lookup) {
    const group =
      settings.authenticated_group_by === "CN" ? subject.commonName : subject.distinguishedName;
    ctx.consumers.authenticateBy(idOf(subject, names));
    if (group !== undefined) setAuthenticatedGroups(ctx, [group]);
    return undefined;
  }
  if (!enterAsConsumer(ctx, settings, { subject, names })) return BAD_CERTIFICATE;
  ctx.remember(subject.validity?.untilMs);
  return undefined;
}

function isInTime({ validity }: Subject, nowMs: number): boolean {
  return validity === undefined || (nowMs >= validity.fromMs && nowMs <= validity.untilMs);
}

/** Kong's order: what the config maps by hand, then names that are a consumer's, then the default. */
function enterAsConsumer(
  { consumers }: RequestContext,
  settings: Infer<typeof config>,
  { subject, names }: { readonly subject: Subject; readonly names: readonly string[] },
): boolean {
  for (const name of names) {
    const credential = consumers.findCredential("mtls_auth_credentials", name);
    if (credential !== undefined) return consumers.authenticate(credential);
  }
  for (const name of names) {
    const consumer = namedConsumer({ consumers }, name, settings.consumer_by);
    if (consumer === undefined) continue;
    consumers.authenticateBy(idOf(subject, names), consumer);
    return true;
  }
  const { default_consumer: name } = settings;
  const consumer = name === undefined ? undefined : consumers.find(name);
  if (consumer !== undefined) consumers.authenticateBy(idOf(subject, names), consumer);
  return consumer !== undefined;
}

function idOf({ distinguishedName }: Subject, names: readonly string[]): string {
  return credentialIdentifier(distinguishedName ?? names[0] ?? "certificate");
}
