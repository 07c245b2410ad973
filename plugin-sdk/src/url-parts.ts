// The host's side of a plugin's URL: the runtime's own parser (https://url.spec.whatwg.org/), and JSON of the parts.
import { UrlPart } from "./abi.ts";

/** As `url_parse` gives it. */
export interface UrlParts {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

/** JSON of {@link UrlParts}, or undefined when the text is no URL. */
export function parseUrl(text: string, base: string | undefined): string | undefined {
  const url = URL.parse(text, base);
  return url === null ? undefined : jsonOf(url);
}

/** The same of a URL of which one part, a {@link UrlPart}, was set; what may not be set stays as it was. */
export function changeUrl(href: string, part: number, value: string): string | undefined {
  const url = URL.parse(href);
  const name = SETTABLE.find(([, number]) => number === part)?.[0];
  if (url === null || name === undefined) return undefined;
  url[name] = value;
  return jsonOf(url);
}

// The keys of UrlPart are those of URL that can be set.
const SETTABLE = Object.entries(UrlPart) as [keyof typeof UrlPart, number][];

function jsonOf(url: URL): string {
  const { href, origin, protocol, username, password, host, hostname, port } = url;
  const parts: UrlParts = {
    href,
    origin,
    protocol,
    username,
    password,
    host,
    hostname,
    port,
    pathname: url.pathname,
    search: url.search,
    hash: url.hash,
  };
  return JSON.stringify(parts);
}
