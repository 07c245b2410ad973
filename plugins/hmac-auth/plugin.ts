// Authenticates clients by a signature of their requests, with a secret that both sides have, as Kong's hmac-auth does.
import { definePlugin, s, timingSafeEqual } from "@sluice/plugin-sdk";
import type { Infer, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import {
  authenticationFields,
  challengeOf,
  conclude,
  isExempt,
  realmField,
  unauthorized,
} from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import { isBodyDigest } from "./body-digest.ts";
import { DATE_HEADERS, isWithinSkew } from "./date.ts";
import { ALGORITHMS, readSignature } from "./signature-header.ts";
import type { Signature } from "./signature-header.ts";
import { signatureOf } from "./signing-string.ts";

const config = s.object({
  hide_credentials: s.boolean().default(false).describe("Keeps the signature from the upstream."),
  clock_skew: s.number().above(0).default(300).describe("How old or new a date may be, seconds."),
  ...authenticationFields,
  validate_request_body: s
    .boolean()
    .default(false)
    .describe("Compares the body with the Digest header."),
  enforce_headers: s
    .array(s.string().nonEmpty())
    .default([])
    .describe("Headers that a signature must cover."),
  algorithms: s
    .array(s.enum(ALGORITHMS))
    .nonEmpty()
    .default([...ALGORITHMS]),
  realm: realmField.optional(),
});

const NO_DATE =
  "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication";
const NOT_VERIFIABLE = "HMAC signature cannot be verified";
const NOT_SAME = "HMAC signature does not match";
/** With which a request of nobody is checked, so that this takes as long as a wrong signature. */
const NOBODYS_SECRET = "nobody";
/** Of a body that is compared with its digest; of one more byte on, the client gets 413. */
const MAX_BODY_BYTES = 8_388_608;

export default definePlugin({
  name: "hmac-auth",
  version: "1.0.0",
  priority: 1030,
  config,
  capabilities: ["consumers"],

  configure(config) {
    return {
      ...config,
      enforce_headers: config.enforce_headers.map((each) => each.toLowerCase()),
      challenge: challengeOf("hmac", config.realm),
    };
  },

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    const checked = check(ctx, settings);
    if (typeof checked === "string") return refuse(ctx, settings, checked);
    if (!settings.validate_request_body) return enter(ctx, settings, checked);
    return checkBody(ctx, settings, checked);
  },
});

interface Settings extends Infer<typeof config> {
  /** WWW-Authenticate. */
  readonly challenge: string;
}

/** Gives what the signature says, or why there is none to go by. */
function check(ctx: RequestContext, settings: Settings): Signature | string {
  const { request, consumers } = ctx;
  const given = request.headers("authorization");
  const [only] = given;
  if (only === undefined) return "Unauthorized";
  const { clock_skew: skewS } = settings;
  if (!isWithinSkew(request, DATE_HEADERS, skewS, Date.now())) return NO_DATE;
  const signature = given.length === 1 ? readSignature(only) : undefined;
  if (settings.hide_credentials && given.some((each) => readSignature(each) !== undefined)) {
    request.removeHeader("authorization");
  }
  if (signature === undefined || !isAcceptable(signature, settings)) return NOT_VERIFIABLE;
  // Whoever sends an old request again may add a new date that nobody has signed.
  const signed = DATE_HEADERS.filter((name) => signature.headers.includes(name));
  if (signed.length > 0 && !isWithinSkew(request, signed, skewS, Date.now())) return NO_DATE;

  const credential = consumers.findCredential("hmacauth_credentials", signature.username);
  const secret =
    credential === undefined ? NOBODYS_SECRET : String(consumers.credential(credential)["secret"]);
  const expected = signatureOf(request, signature, secret);
  const isSame = timingSafeEqual(expected, signature.signature);
  if (credential === undefined) return NOT_VERIFIABLE;
  return isSame ? signature : NOT_SAME;
}

function isAcceptable({ algorithm, headers }: Signature, settings: Settings): boolean {
  return (
    settings.algorithms.includes(algorithm) &&
    settings.enforce_headers.every((name) => headers.includes(name))
  );
}

async function checkBody(
  ctx: RequestContext,
  settings: Settings,
  signature: Signature,
): Promise<RequestOutcome> {
  const body = await ctx.request.bytes({ maxBytes: MAX_BODY_BYTES });
  const isRight = isBodyDigest(ctx.request.headers("digest"), body);
  return isRight ? enter(ctx, settings, signature) : refuse(ctx, settings, NOT_SAME);
}

function enter(ctx: RequestContext, settings: Settings, { username }: Signature): RequestOutcome {
  // Looked up again: the config may have changed while the body came.
  const credential = ctx.consumers.findCredential("hmacauth_credentials", username);
  if (credential === undefined) return refuse(ctx, settings, NOT_VERIFIABLE);
  ctx.consumers.authenticate(credential);
  return;
}

function refuse(ctx: RequestContext, settings: Settings, message: string): RequestOutcome {
  const refusal: Refusal = unauthorized(message, settings.challenge);
  return conclude(ctx, settings, refusal);
}
