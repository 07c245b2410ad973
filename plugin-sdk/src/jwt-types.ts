// What is said of a JSON Web Token: between the host, which verifies, and authors, who read it.

/** Why a token is not valid. Nothing of such a token is handed out. */
export type JwtFailure =
  /** Not a compact JWS of at most 16 KiB whose header and payload are JSON objects. */
  | "malformed"
  /** It has `crit`, `zip` or `b64: false`. */
  | "unsupported_header"
  | "algorithm_not_allowed"
  /** No key has its `kid`, or none fits its algorithm. */
  | "unknown_key"
  /** Several keys have its `kid`. */
  | "ambiguous_key"
  | "bad_signature"
  | "expired"
  | "not_yet_valid"
  | "issued_in_future"
  /** exp, nbf or iat is no number. */
  | "bad_claim"
  | "missing_claim"
  | "wrong_issuer"
  | "wrong_audience";
