// The consumer that a token or a certificate names, and what it is known by from then on.
import type { FoundConsumer, RequestContext } from "@sluice/plugin-sdk";

import { headerText } from "./authenticated-groups.ts";

/** By the first field in which a consumer has the name. */
export function namedConsumer(
  { consumers }: Pick<RequestContext, "consumers">,
  name: string,
  fields: readonly ("id" | "username" | "custom_id")[],
): FoundConsumer | undefined {
  for (const field of fields) {
    const found = consumers.findBy(field, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As the log record and X-Credential-Identifier take it, in characters that are a byte each. */
const MAX_IDENTIFIER = 256;

export function credentialIdentifier(name: string): string {
  return headerText([name]).slice(0, MAX_IDENTIFIER);
}
