// Keys that an issuer publishes: fetched when they are needed, kept, and fetched again when a token names a new one.
import { fetch } from "./fetch.ts";
import { verifyWith } from "./jwt.ts";
import type { JwtResult, JwtVerifyOptions } from "./jwt.ts";

export interface JwksOptions {
  /** How long keys count as fresh, ms; 10 minutes by default. Older ones serve until newer ones are there. */
  readonly cacheMs?: number;
  /** Between two fetches, ms, however many unknown keys tokens name; 30 s by default. */
  readonly cooldownMs?: number;
  /** For one fetch, ms; 5 s by default. */
  readonly timeoutMs?: number;
  /** How long keys may serve after they were fresh, while their issuer cannot be reached, ms; a day by default. */
  readonly maxStaleMs?: number;
}

export interface JwksSource {
  /**
   * As `jwt.verify`, with the issuer's keys. A token that names an unknown key has them fetched again, unless that was
   * just done. Rejects with a FetchError, or an Error that says what is wrong with the answer, when there are no keys.
   */
  verify(token: string, options: JwtVerifyOptions): Promise<JwtResult>;
}

/** After a failure the next request may try again so soon, ms. */
const RETRY_MS = 1000;
/** Of an answer; more keys than that are taken by no gateway. */
const MAX_BYTES = 262_144;

interface Kept {
  /** The set as JSON. */
  readonly text: string;
  readonly fetchedAtMs: number;
}

/**
 * The keys at a url, for all requests of the instance; make it once, in a module or in `configure`. The url's host needs
 * the grant `fetch`. A redirect is not followed: who publishes keys says where they are.
 */
export function jwks(url: string, options: JwksOptions = {}): JwksSource {
  const {
    cacheMs = 600_000,
    cooldownMs = 30_000,
    timeoutMs = 5000,
    maxStaleMs = 86_400_000,
  } = options;
  let kept: Kept | undefined;
  let triedAtMs = -Infinity;
  let failure: unknown;
  /** There is one at a time. */
  let refresh: Promise<Kept> | undefined;

  const ageMs = (sinceMs: number): number => Date.now() - sinceMs;

  function startRefresh(): Promise<Kept> {
    triedAtMs = Date.now();
    refresh = load(url, timeoutMs)
      .then((text) => {
        failure = undefined;
        return (kept = { text, fetchedAtMs: Date.now() });
      })
      .catch((error: unknown) => {
        failure = error;
        throw error;
      })
      .finally(() => {
        refresh = undefined;
      });
    return refresh;
  }

  async function current(): Promise<Kept> {
    if (kept !== undefined && ageMs(kept.fetchedAtMs) < cacheMs) return kept;
    const mayTry = refresh !== undefined || ageMs(triedAtMs) >= RETRY_MS;
    if (kept !== undefined && ageMs(kept.fetchedAtMs) < cacheMs + maxStaleMs) {
      // The old ones serve meanwhile; whoever needs the new ones awaits them.
      if (refresh === undefined && mayTry) startRefresh().catch(() => undefined);
      return kept;
    }
    if (!mayTry) throw failure;
    return refresh ?? startRefresh();
  }

  /** Newer keys than these, if it is time to look. */
  async function newerThan(used: Kept): Promise<Kept | undefined> {
    if (kept !== undefined && kept !== used) return kept;
    if (refresh === undefined && ageMs(triedAtMs) < cooldownMs) return undefined;
    return (refresh ?? startRefresh()).catch(() => undefined);
  }

  return {
    async verify(token, verifyOptions) {
      const used = await current();
      const result = verifyWith(token, used.text, verifyOptions);
      if (result.valid || result.reason !== "unknown_key") return result;
      const newer = await newerThan(used);
      return newer === undefined ? result : verifyWith(token, newer.text, verifyOptions);
    },
  };
}

async function load(url: string, timeoutMs: number): Promise<string> {
  const answer = await fetch(url, { redirect: "error", timeoutMs, maxBytes: MAX_BYTES });
  if (answer.status !== 200)
    throw new Error(`The keys at ${url} came with status ${answer.status}`);
  const text = answer.text();
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Error(`The keys at ${url} are not JSON`);
  }
  if (typeof set !== "object" || set === null || !("keys" in set) || !Array.isArray(set.keys)) {
    throw new Error(`What is at ${url} is no set of keys`);
  }
  return text;
}
