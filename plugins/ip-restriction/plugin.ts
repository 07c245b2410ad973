// Lets requests pass by the client's address, as Kong's ip-restriction does.
import { definePlugin, s } from "@sluice/plugin-sdk";

import { addressList, isAddress } from "../parts/addresses.ts";
import type { AddressList } from "../parts/addresses.ts";

const addresses = s.array(s.string()).optional();

const config = s
  .object({
    allow: addresses,
    deny: addresses,
    status: s.integer().min(200).max(599).default(403),
    message: s.string().default("Your IP address is not allowed"),
  })
  .atLeastOneOf("allow", "deny");

const UNKNOWN_ADDRESS =
  "Cannot identify the client IP address, unix domain sockets are not supported.";

type Judgement = "passes" | "refused" | "unknown";

/** Addresses whose judgement is kept: reading one takes QuickJS 200 us, and most clients come again. */
const MAX_KEPT = 1024;

export default definePlugin({
  name: "ip-restriction",
  version: "1.0.0",
  priority: 990,
  config,

  configure({ allow = [], deny = [], status, message }) {
    return {
      // An empty list says nothing, as in Kong.
      allowed: allow.length === 0 ? undefined : addressList(allow, "allow"),
      denied: deny.length === 0 ? undefined : addressList(deny, "deny"),
      status,
      message,
      judged: new Map<string, Judgement>(),
    };
  },

  onRequest(ctx, settings) {
    const { judged } = settings;
    const { address } = ctx.client;
    let judgement = judged.get(address);
    if (judgement === undefined) {
      judgement = judge(address, settings);
      // Strangers choose their addresses: what is kept does not grow with them.
      if (judged.size >= MAX_KEPT) judged.clear();
      judged.set(address, judgement);
    }
    if (judgement === "passes") return ctx.remember();
    if (judgement === "unknown") return ctx.error(403, UNKNOWN_ADDRESS);
    return ctx.error(settings.status, settings.message);
  },
});

interface Lists {
  readonly allowed: AddressList | undefined;
  readonly denied: AddressList | undefined;
}

function judge(address: string, { allowed, denied }: Lists): Judgement {
  if (!isAddress(address)) return "unknown";
  return denied?.has(address) !== true && allowed?.has(address) !== false ? "passes" : "refused";
}
