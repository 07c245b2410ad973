// The Authorization header of the scheme hmac: Kong's form of the draft "Signing HTTP Messages" (Cavage, Sporny).

export const ALGORITHMS = ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;
export type HmacAlgorithm = (typeof ALGORITHMS)[number];

export interface Signature {
  readonly username: string;
  readonly algorithm: HmacAlgorithm;
  /** What it covers, lower case, in its order. */
  readonly headers: readonly string[];
  /** Base64. */
  readonly signature: string;
}

/** A client signs few headers; each costs work. */
const MAX_SIGNED = 64;

/** Undefined for another scheme, and for what is not well-formed. Parameters come in any order, each once. */
export function readSignature(value: string): Signature | undefined {
  const text = /^\s*hmac\s+(.*)$/i.exec(value)?.[1];
  if (text === undefined) return undefined;
  const parameters = new Map<string, string>();
  const pattern = /\s*([a-z]+)="([^"]*)"\s*(?:,|$)/gy;
  let end = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, name = "", content = ""] = match;
    if (parameters.has(name)) return undefined;
    parameters.set(name, content);
    end = pattern.lastIndex;
    if (end === text.length) break;
  }
  return end === text.length ? signatureFrom(parameters) : undefined;
}

function signatureFrom(parameters: ReadonlyMap<string, string>): Signature | undefined {
  const username = parameters.get("username") ?? "";
  const signature = parameters.get("signature") ?? "";
  const name = parameters.get("algorithm");
  const algorithm = ALGORITHMS.find((each) => each === name);
  const headers = (parameters.get("headers") ?? "date").toLowerCase().split(" ");
  const isComplete = username !== "" && signature !== "" && algorithm !== undefined;
  if (!isComplete || headers.includes("") || headers.length > MAX_SIGNED) return undefined;
  return { username, algorithm, headers, signature };
}
