// Checks tokens with the keys of the provider that the discovery document names.
import { jwks } from "@sluice/plugin-sdk";
import type { JwksSource, JwtResult } from "@sluice/plugin-sdk";

import { discover } from "../parts/discovery.ts";
import type { Provider } from "../parts/discovery.ts";
import type { Config } from "./settings.ts";

export class IssuerKeys {
  readonly #config: Config;
  readonly #provider: Provider;
  #keys: { readonly url: string; readonly source: JwksSource } | undefined;

  constructor(config: Config) {
    this.#config = config;
    this.#provider = discover(config.issuer, {
      cacheMs: config.cache_ttl * 1000,
      retryMs: Math.min(config.rediscovery_lifetime * 1000, 1000),
      timeoutMs: config.timeout,
    });
  }

  /** Rejects with an Error that says what is wrong when there are no keys. */
  async verify(token: string): Promise<JwtResult> {
    const { algorithms, leeway, issuers_allowed: allowed } = this.#config;
    const { issuer, jwksUri } = await this.#provider.current();
    return this.#sourceAt(jwksUri).verify(token, {
      algorithms,
      clockSkewS: leeway,
      issuer: allowed.length > 0 ? allowed : issuer,
      // A token that never expires could never be taken back.
      required: ["exp"],
    });
  }

  #sourceAt(url: string): JwksSource {
    if (this.#keys?.url === url) return this.#keys.source;
    const { cache_ttl, rediscovery_lifetime, timeout } = this.#config;
    const source = jwks(url, {
      cacheMs: cache_ttl * 1000,
      cooldownMs: rediscovery_lifetime * 1000,
      timeoutMs: timeout,
    });
    this.#keys = { url, source };
    return source;
  }
}
