// Questions to the authorization server (RFC 7662 §2), one at a time for each token.
import { FetchError, digest, fetch } from "@sluice/plugin-sdk";
import type { JwtObject, MutableRequest } from "@sluice/plugin-sdk";

/** What became of a question. A token that is not active has no claims. */
export type Outcome =
  | { readonly kind: "active"; readonly claims: JwtObject }
  | { readonly kind: "inactive" };

export type Answer = Outcome | { readonly kind: "unavailable"; readonly reason: string };

export interface IntrospectionOptions {
  readonly introspection_url: string;
  readonly token_type_hint?: string | undefined;
  readonly timeout: number;
  readonly introspect_request: boolean;
  readonly custom_introspection_headers: Readonly<Record<string, string>>;
}

const MAX_ANSWER_BYTES = 65_536;

export class Introspection {
  readonly #options: IntrospectionOptions;
  readonly #authorization: string;
  /** Questions under way, by a digest of the token and what else is asked. */
  readonly #asked = new Map<string, Promise<Answer>>();

  constructor(options: IntrospectionOptions, authorization: string) {
    this.#options = options;
    this.#authorization = authorization;
  }

  /** Never rejects. */
  ask(token: string, { method, path }: MutableRequest): Promise<Answer> {
    const about = this.#options.introspect_request ? { method, path } : undefined;
    const key = digest("SHA-256", JSON.stringify([token, about]), "base64");
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const answer = this.#question(token, about).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  async #question(
    token: string,
    about: { readonly method: string; readonly path: string } | undefined,
  ): Promise<Answer> {
    const { introspection_url: url, token_type_hint: hint, timeout } = this.#options;
    const body = new URLSearchParams({
      token,
      ...(hint !== undefined && { token_type_hint: hint }),
    });
    const headers = {
      ...this.#options.custom_introspection_headers,
      Authorization: this.#authorization,
      Accept: "application/json",
      ...(about && { "X-Request-Path": about.path, "X-Request-Http-Method": about.method }),
    };
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers,
        body,
        timeoutMs: timeout,
        redirect: "error",
        maxBytes: MAX_ANSWER_BYTES,
      });
      return answer.status === 200
        ? outcomeOf(answer.json())
        : unavailable(`status ${answer.status}`);
    } catch (error) {
      if (error instanceof FetchError) return unavailable(error.reason);
      if (error instanceof SyntaxError) return unavailable("the answer is not JSON");
      throw error;
    }
  }
}

function unavailable(reason: string): Answer {
  return { kind: "unavailable", reason };
}

/** Only `true` is active: whatever else stands there is no promise. */
function outcomeOf(answer: unknown): Answer {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    return unavailable("the answer is no object");
  }
  const claims = answer as JwtObject; // An object that came out of JSON.
  return claims["active"] === true ? { kind: "active", claims } : { kind: "inactive" };
}
