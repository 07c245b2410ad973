// Lets requests pass by the client's address, as Kong's ip-restriction does.
import { definePlugin, s } from "@sluice/plugin-sdk";

import { addressList, isAddress } from "../parts/addresses.ts";

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
    };
  },

  onRequest(ctx, { allowed, denied, status, message }) {
    const { address } = ctx.client;
    if (!isAddress(address)) return ctx.error(403, UNKNOWN_ADDRESS);
    if (denied?.has(address) !== true && allowed?.has(address) !== false) return;
    return ctx.error(status, message);
  },
});
