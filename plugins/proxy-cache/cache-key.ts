// What makes two requests ask for the same: one part a line, hashed. No value can pass for another part's (K3), because a
// line feed or NUL is in none of them: HTTP has neither in a path, query or header, and what may have them is JSON here.
import { digest } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import type { HeaderRoles } from "./header-roles.ts";
import type { Settings } from "./settings.ts";

interface Keyed {
  readonly request: Pick<
    RequestContext["request"],
    "scheme" | "host" | "path" | "query" | "queryArgs" | "headers"
  >;
  readonly consumers: Pick<RequestContext["consumers"], "current" | "credentialId">;
  readonly client: Pick<RequestContext["client"], "statedOrigin">;
}
type Asked = Pick<Keyed["request"], "headers">;

/** Everything but what Vary of the response names. GET and HEAD are one: a HEAD is answered from a GET. */
export function primaryKey(
  { request, consumers, client }: Keyed,
  { keyStart, ignore_uri_case, sortedQueryParams }: Settings,
  { keyed, showsNobody }: HeaderRoles,
): string {
  const path = ignore_uri_case ? request.path.toLowerCase() : request.path;
  const query =
    sortedQueryParams === undefined
      ? request.query
      : JSON.stringify(sortedQueryParams.map((name) => request.queryArgs(name)));
  const { current, credentialId } = consumers;
  let text = `${keyStart}\n${request.scheme}\n${request.host}\n${client.statedOrigin ?? ""}\n${path}\n${query}\n${quoted(current?.id)}\n${quoted(credentialId)}\n`;
  for (let at = 0; at < keyed.length; at++) text += line(keyed[at] as string, request); // Within its length.
  return showsNobody && current === undefined && credentialId === undefined
    ? recentDigest(text)
    : digest("SHA-256", text, "hex");
}

/** Digests of texts without a credential, which must not stay in memory. A digest costs ten times the look-up. */
const recent = new Map<string, string>();
const MAX_RECENT = 256;
const MAX_RECENT_CHARACTERS = 512;

function recentDigest(text: string): string {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const key = digest("SHA-256", text, "hex");
  if (text.length <= MAX_RECENT_CHARACTERS) {
    if (recent.size >= MAX_RECENT) recent.clear();
    recent.set(text, key);
  }
  return key;
}

/** Of one of several responses, by the headers that Vary names. */
export function variantKey(primary: string, names: readonly string[], request: Asked): string {
  return digest(
    "SHA-256",
    `${primary}\n${names.map((name) => line(name, request)).join("")}`,
    "hex",
  );
}

/** A text of any characters, or none. */
function quoted(text: string | undefined): string {
  return text === undefined ? "" : JSON.stringify(text);
}

/** A header that is missing is another one than an empty one, and two values are others than one with a comma. */
function line(name: string, request: Asked): string {
  const values = request.headers(name);
  return values.length === 0 ? `${name}\n` : `${name}\0${values.join("\0")}\n`;
}
