// Authenticates clients by username and password (RFC 7617), as Kong's basic-auth does.
import { definePlugin, hmac, s, timingSafeEqual } from "@sluice/plugin-sdk";
import type { Infer, RequestContext } from "@sluice/plugin-sdk";

import {
  authenticationFields,
  challengeOf,
  conclude,
  isExempt,
  realmField,
  unauthorized,
} from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import { readBasic } from "./basic-header.ts";

const config = s.object({
  hide_credentials: s.boolean().default(false).describe("Keeps the password from the upstream."),
  anonymous: authenticationFields.anonymous,
  run_on_preflight: authenticationFields.run_on_preflight,
  realm: realmField.default("service"),
});

const UNAUTHORIZED = "Unauthorized";

/** Compared with when nobody has the username, so that this takes as long as a wrong password. */
const NOBODY = { consumer_id: "nobody", password_digest: "=" };

export default definePlugin({
  name: "basic-auth",
  version: "1.0.0",
  priority: 1100,
  config,
  capabilities: ["consumers"],

  configure(config) {
    return { ...config, refusal: unauthorized(UNAUTHORIZED, challengeOf("Basic", config.realm)) };
  },

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    const refusal = authenticate(ctx, settings);
    return refusal === undefined ? ctx.remember() : conclude(ctx, settings, refusal);
  },
});

interface Settings extends Infer<typeof config> {
  readonly refusal: Refusal;
}

function authenticate(ctx: RequestContext, settings: Settings): Refusal | undefined {
  const { request, consumers } = ctx;
  const given = request.headers("authorization");
  const basic = given.map(readBasic).filter((each) => each !== undefined);
  if (settings.hide_credentials && basic.length > 0) request.removeHeader("authorization");
  const [pair] = basic;
  // Of two, nobody can say which one the upstream would believe.
  if (pair === undefined || given.length > 1) return settings.refusal;

  const credential = consumers.findCredential("basicauth_credentials", pair.username);
  const known = credential === undefined ? NOBODY : consumers.credential(credential);
  const digest = hmac("SHA-256", known.consumer_id, pair.password, "base64");
  const isRight = timingSafeEqual(digest, String(known["password_digest"]));
  if (!isRight || credential === undefined) return settings.refusal;
  consumers.authenticate(credential);
  return undefined;
}
