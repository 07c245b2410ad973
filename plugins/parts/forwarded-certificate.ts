// How a TLS terminator tells of the client's certificate: Client-Cert (RFC 9440), or Envoy's X-Forwarded-Client-Cert.
import { readCertificate } from "./certificate.ts";
import type { Subject } from "./certificate.ts";
import { bytesOfLatin1 } from "./latin1.ts";

/** Certificates are a few KiB at most; nothing larger is looked at. */
const MAX_CHARACTERS = 32_768;

/** Undefined for what is not well-formed. */
export function readForwarded(value: string): Subject | undefined {
  if (value.length > MAX_CHARACTERS) return undefined;
  const binary = /^:([A-Za-z0-9+/]*={0,2}):$/.exec(value.trim())?.[1];
  if (binary !== undefined) return fromBase64(binary);
  return value.includes("=") ? fromEnvoy(value) : undefined;
}

function fromBase64(base64: string): Subject | undefined {
  try {
    return readCertificate(bytesOfLatin1(atob(base64)));
  } catch {
    return undefined;
  }
}

/** The last element is that of the nearest proxy, which is the one that is trusted. */
function fromEnvoy(value: string): Subject | undefined {
  const element = splitOutside(value, ",").at(-1) ?? "";
  const pairs: (readonly [name: string, text: string])[] = [];
  for (const pair of splitOutside(element, ";")) {
    const at = pair.indexOf("=");
    const text = unquoted(pair.slice(at + 1));
    // What cannot be read for sure could hide a name that the client made up.
    if (text === undefined) return undefined;
    pairs.push([pair.slice(0, at).trim().toLowerCase(), text]);
  }
  return subjectFrom(pairs);
}

function subjectFrom(
  pairs: readonly (readonly [name: string, text: string])[],
): Subject | undefined {
  const certificate = pairs.find(([name]) => name === "cert")?.[1];
  if (certificate !== undefined) return fromPem(certificate);
  const name = pairs.find(([each]) => each === "subject")?.[1] ?? "";
  const alternativeNames = pairs
    .filter(([each, text]) => (each === "uri" || each === "dns") && text !== "")
    .map(([, text]) => text);
  if (name === "" && alternativeNames.length === 0) return undefined;
  return {
    commonName: commonNameIn(name),
    distinguishedName: name === "" ? undefined : name,
    alternativeNames,
    validity: undefined,
  };
}

/** Parts between separators outside of quotes. Only a quote can be escaped, by the backslash before it. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"' && !(isQuoted && text[at - 1] === "\\")) isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** Undefined when quotes stand elsewhere than around the text. */
function unquoted(text: string): string | undefined {
  if (!text.includes('"')) return text;
  const inner = /^"((?:[^"\\]|\\"?)*)"$/.exec(text)?.[1];
  return inner?.replaceAll('\\"', '"');
}

function fromPem(escaped: string): Subject | undefined {
  let pem: string;
  try {
    pem = decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
  const body = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  return body === null ? undefined : fromBase64((body[1] ?? "").replace(/\s/g, ""));
}

/** Of a name as RFC 2253 writes it, the most specific one first; or in OpenSSL's old form, with slashes. */
function commonNameIn(name: string): string | undefined {
  const isOld = name.startsWith("/");
  const attributes = (isOld ? name.split("/").reverse() : splitEscaped(name)).map((each) =>
    each.trim(),
  );
  const found = attributes.find((each) => /^CN=./i.test(each));
  return found?.slice(3).replace(/\\(.)/g, "$1");
}

/** Attributes between commas and plus signs that no backslash escapes. */
function splitEscaped(name: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < name.length; at++) {
    if (name[at] === "\\") at++;
    else if (name[at] === "," || name[at] === "+") {
      parts.push(name.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, name.slice(start)];
}
