// What a host of plugins computes for them: `@sluice/plugin-sdk/crypto`.
export { areEqual, digestOf, hmacOf } from "./digests.ts";
export { JWT_ALGORITHMS } from "./jwt-algorithms.ts";
export type { JwtAlgorithm, KeyKind } from "./jwt-algorithms.ts";
export { JwtKeyCache } from "./jwt-key-cache.ts";
export { signJwt, verifyJwt } from "./jwt.ts";
export type { JwtSignature, JwtVerification, SignInput, VerifyInput } from "./jwt.ts";
