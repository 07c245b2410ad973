// What every proxy of a run is given: the same answer behind it, the same client in front of it.

/** The upstream's body, 111 bytes. */
export const UPSTREAM_BODY: string = JSON.stringify({
  hello: "world",
  items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  ok: true,
  text: "the quick brown fox jumps over the lazy dog",
});

export const API_KEY = "bench-3f6c1b9e7a5d4c20";
export const CONSUMER_ID = "6a1d2f5e-3b7c-4d18-9e0a-5c4b3a291807";
export const CREDENTIAL_ID = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f";
export const USERNAME = "alice";
/** Out of reach, so that rate limiting counts every request and refuses none. */
export const LIMIT_PER_MINUTE = 1_000_000_000;

/** Sent to every proxy, with policies or without, so that all parse the same request. */
export const CLIENT_HEADERS: Readonly<Record<string, string>> = {
  Accept: "application/json",
  "User-Agent": "sluice-bench",
  apikey: API_KEY,
};
