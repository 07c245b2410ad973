// What plugins that authenticate clients have in common: who is let through unseen, who becomes the anonymous consumer,
// and what all others are told.
import { s } from "@sluice/plugin-sdk";
import type { RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

/** Kong's fields, the same in each of these plugins. */
export const authenticationFields = {
  anonymous: s
    .string()
    .nonEmpty()
    .optional()
    .describe("Id or username of the consumer that a client without a valid credential becomes."),
  run_on_preflight: s
    .boolean()
    .default(true)
    .describe("Whether OPTIONS requests need a credential."),
} as const;

/** Goes between quotes in WWW-Authenticate, so it has none itself: RFC 9110 §5.6.4. */
export const realmField = s.string().pattern(/^[ !#-[\]-~]*$/);

export interface AuthenticationSettings {
  readonly anonymous?: string | undefined;
  readonly run_on_preflight: boolean;
}

/** Why a client is not let in. */
export interface Refusal {
  readonly status: number;
  /** In the gateway's shape of errors, unless there is a body. */
  readonly message: string;
  /** For WWW-Authenticate. */
  readonly challenge?: string;
  /** Sent as JSON instead of the message. */
  readonly body?: Readonly<Record<string, string>>;
  /** The client may well be right, but nobody can tell now: it does not become the anonymous consumer. */
  readonly isUndecided?: boolean;
}

export function unauthorized(message: string, challenge: string): Refusal {
  return { status: 401, message, challenge };
}

/**
 * Whether the plugin leaves the request alone: a preflight, if those need nothing, or a client that another plugin has
 * authenticated. With `anonymous`, plugins are alternatives, one of which is enough; without it each must succeed.
 */
export function isExempt(ctx: RequestContext, settings: AuthenticationSettings): boolean {
  if (!settings.run_on_preflight && ctx.request.method === "OPTIONS") return true;
  return settings.anonymous !== undefined && ctx.consumers.credentialId !== undefined;
}

/** Ends the attempt: undefined for a client that is authenticated. */
export function conclude(
  ctx: RequestContext,
  { anonymous }: AuthenticationSettings,
  refusal: Refusal | undefined,
): RequestOutcome {
  if (refusal === undefined) return;
  if (anonymous !== undefined && refusal.isUndecided !== true) return continueAs(ctx, anonymous);
  const { status, message, challenge, body } = refusal;
  const headers = challenge === undefined ? {} : { "WWW-Authenticate": challenge };
  if (body !== undefined) return ctx.respond(status, body, headers);
  return ctx.error(status, message, headers);
}

function continueAs(ctx: RequestContext, anonymous: string): RequestOutcome {
  const consumer = ctx.consumers.find(anonymous);
  if (consumer === undefined) {
    const message = `anonymous consumer ${anonymous} is configured but doesn't exist`;
    ctx.log.error(message);
    return ctx.error(500, message);
  }
  ctx.consumers.authenticateAs(consumer);
}

/** A challenge of a scheme; a realm when there is one, and parameters after it, as RFC 9110 §11.3 writes them. */
export function challengeOf(
  scheme: string,
  realm: string | undefined,
  ...parameters: readonly string[]
): string {
  const all = [...(realm === undefined ? [] : [`realm="${realm}"`]), ...parameters];
  return all.length === 0 ? scheme : `${scheme} ${all.join(", ")}`;
}
