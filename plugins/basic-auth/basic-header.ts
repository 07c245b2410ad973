// The credentials in an Authorization header of the scheme Basic (RFC 7617 §2).
import { bytesOfLatin1 } from "../parts/latin1.ts";

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Undefined for another scheme, and for what is not well-formed. The bytes are UTF-8, as RFC 7617 §2.1 advises. */
export function readBasic(value: string): BasicCredentials | undefined {
  const encoded = /^\s*basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const text = textOf(encoded);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function textOf(base64: string): string | undefined {
  try {
    return new TextDecoder().decode(bytesOfLatin1(atob(base64)));
  } catch {
    return undefined;
  }
}
