// What fetch takes and gives.

/** What is said to another server besides its URL. */
export interface FetchInit {
  /** GET by default. */
  readonly method?: string;
  /** Host, Connection and Content-Length are the gateway's. Unless it is given here, Accept-Encoding is `identity`. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | readonly (readonly [name: string, value: string])[];
  /** At most 1 MiB. URLSearchParams are sent as a form. */
  readonly body?: string | ArrayBuffer | ArrayBufferView | URLSearchParams;
  /** For all of it, redirects included; 10,000 by default, at most 60,000. */
  readonly timeoutMs?: number;
  /** `follow` (the default) up to five, `manual` gives the redirect as the answer, `error` rejects. */
  readonly redirect?: "follow" | "manual" | "error";
  /** Of the answer's body: 1 MiB by default, at most 8 MiB. More is a FetchError. */
  readonly maxBytes?: number;
}

/** A whole answer, whatever its status is. */
export interface FetchResponse {
  readonly status: number;
  /** From 200 to 299. */
  readonly ok: boolean;
  /** The last one, after redirects. */
  readonly url: string;
  /** First value of the header, or undefined. Names are case-insensitive. */
  header(name: string): string | undefined;
  /** All values of the header, one for each field line. */
  headers(name: string): string[];
  /** Distinct names in lower case, in order of arrival. */
  headerNames(): string[];
  /** The body as UTF-8. */
  text(): string;
  /** Throws SyntaxError when the body is no JSON. */
  json(): unknown;
  bytes(): Uint8Array;
}
