// Headers that a config gives for what a sink sends.
import { ConfigError } from "@sluice/plugin-sdk";

/** The gateway makes these, or another field has them. */
const NOT_OURS = /^(?:host|content-length|content-type|transfer-encoding)$/i;

/** Throws ConfigError for one that cannot be given. */
export function checkCollectorHeaders(headers: Readonly<Record<string, string>>): void {
  const taken = Object.keys(headers).find((name) => NOT_OURS.test(name));
  if (taken !== undefined) throw new ConfigError("cannot be set here", `headers.${taken}`);
}
