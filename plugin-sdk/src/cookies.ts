// Cookies as RFC 6265bis has them: read from Cookie, written to Set-Cookie.

export interface CookieAttributes {
  readonly domain?: string;
  readonly path?: string;
  /** Seconds; 0 or less deletes the cookie. */
  readonly maxAgeS?: number;
  readonly expires?: Date;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** `None` needs `secure`. */
  readonly sameSite?: "Strict" | "Lax" | "None";
  /** Needs `secure`. */
  readonly partitioned?: boolean;
}

/** Names and values of the Cookie lines; the first of a name counts. Percent escapes are decoded where they are valid. */
export function parseCookies(lines: readonly string[]): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of lines.flatMap((line) => line.split(";"))) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (!cookies.has(name)) cookies.set(name, decode(pair.slice(equals + 1).trim()));
  }
  return cookies;
}

function decode(value: string): string {
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  const text = isQuoted ? value.slice(1, -1) : value;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A value for Set-Cookie, in which the cookie's own value is percent-encoded. Throws TypeError for what browsers refuse. */
export function formatCookie(name: string, value: string, attributes: CookieAttributes): string {
  checkCookie(name, attributes);
  const { domain, path, maxAgeS, expires, secure, httpOnly, sameSite, partitioned } = attributes;
  let text = `${name}=${encodeURIComponent(value)}`;
  if (domain !== undefined) text += `; Domain=${domain}`;
  if (path !== undefined) text += `; Path=${path}`;
  if (maxAgeS !== undefined) text += `; Max-Age=${Math.floor(maxAgeS)}`;
  if (expires !== undefined) text += `; Expires=${expires.toUTCString()}`;
  if (httpOnly === true) text += "; HttpOnly";
  if (secure === true) text += "; Secure";
  if (sameSite !== undefined) text += `; SameSite=${sameSite}`;
  if (partitioned === true) text += "; Partitioned";
  return text;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** av-octets of RFC 6265 §4.1.1. */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]*$/;

function checkCookie(name: string, attributes: CookieAttributes): void {
  const { domain = "", path = "", maxAgeS = 0, expires, secure, sameSite } = attributes;
  const refuse = (why: string): never => {
    throw new TypeError(`The cookie "${name}" ${why}`);
  };
  if (!TOKEN.test(name)) refuse("has a name that is no token");
  if (!ATTRIBUTE.test(domain) || !ATTRIBUTE.test(path)) refuse("has a semicolon or control in it");
  if (!Number.isFinite(maxAgeS)) refuse("needs a number of seconds");
  if (expires !== undefined && Number.isNaN(expires.getTime())) refuse("has an invalid date");
  const needsSecure =
    sameSite === "None" || attributes.partitioned === true || /^__(secure|host)-/i.test(name);
  if (needsSecure && secure !== true) refuse("needs the attribute secure");
  const isBound = path === "/" && attributes.domain === undefined;
  if (/^__host-/i.test(name) && !isBound) refuse('needs the path "/" and no domain');
}
