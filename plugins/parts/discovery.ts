// What an OpenID provider publishes of itself (OpenID Connect Discovery 1.0 §4), fetched when needed and kept.
import { fetch } from "@sluice/plugin-sdk";

export interface ProviderOptions {
  /** How long the document counts as fresh, ms; an older one serves while no newer one can be had. */
  readonly cacheMs: number;
  /** Between two attempts, ms. */
  readonly retryMs: number;
  readonly timeoutMs: number;
}

export interface ProviderDocument {
  readonly issuer: string;
  readonly jwksUri: string;
}

export interface Provider {
  /** Rejects with an Error that says what is wrong when there is no document. */
  current(): Promise<ProviderDocument>;
}

const WELL_KNOWN = "/.well-known/openid-configuration";
const MAX_BYTES = 262_144;

/** `issuer` is the provider's identifier, or the URL of its document. */
export function discover(issuer: string, options: ProviderOptions): Provider {
  const url = documentUrl(issuer);
  let kept: { readonly document: ProviderDocument; readonly atMs: number } | undefined;
  let triedAtMs = -Infinity;
  let failure: unknown;
  let refresh: Promise<ProviderDocument> | undefined;

  function start(): Promise<ProviderDocument> {
    triedAtMs = Date.now();
    refresh = load(url, options.timeoutMs)
      .then((document) => {
        kept = { document, atMs: Date.now() };
        return document;
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

  return {
    async current() {
      if (kept !== undefined && Date.now() - kept.atMs < options.cacheMs) return kept.document;
      const mayTry = Date.now() - triedAtMs >= options.retryMs;
      if (kept !== undefined) {
        // The old one serves meanwhile, and on when this fails.
        if (refresh === undefined && mayTry) start().catch(() => undefined);
        return kept.document;
      }
      if (refresh !== undefined) return refresh;
      if (!mayTry) throw failure;
      return start();
    },
  };
}

function documentUrl(issuer: string): string {
  return issuer.endsWith(WELL_KNOWN) ? issuer : issuer.replace(/\/$/, "") + WELL_KNOWN;
}

async function load(url: string, timeoutMs: number): Promise<ProviderDocument> {
  // A redirect could lead to anybody's keys.
  const answer = await fetch(url, { redirect: "error", timeoutMs, maxBytes: MAX_BYTES });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return readDocument(answer.json(), url);
}

function readDocument(value: unknown, url: string): ProviderDocument {
  const { issuer, jwks_uri: jwksUri } = (value ?? {}) as Record<string, unknown>; // Checked below.
  if (typeof issuer !== "string" || typeof jwksUri !== "string") {
    throw new Error(`The document at ${url} has no issuer or no jwks_uri`);
  }
  // §4.3: or one provider could speak for another.
  if (documentUrl(issuer) !== url) {
    throw new Error(`The document at ${url} is that of another issuer`);
  }
  if (url.startsWith("https:") && !jwksUri.startsWith("https:")) {
    throw new Error(`The document at ${url} has keys that anybody on the way could change`);
  }
  return { issuer, jwksUri };
}
