// Host functions for cryptography (ABI.md, section "Cryptography"). They belong to no request and need no grant.
import { Fault } from "@sluice/plugin-sdk/abi";
import { areEqual, digestOf, hmacOf, signJwt, verifyJwt } from "@sluice/plugin-sdk/crypto";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

/** For a set of about 100 large keys. */
const MAX_KEYS_BYTES = 262_144;
const MAX_OPTIONS_BYTES = 16_384;

export function cryptoFunctions({
  memory,
  services,
}: Pick<GatewayFunctionOptions, "memory" | "services">): HostFunctions<
  "digest" | "hmac" | "bytes_equal" | "jwt_verify" | "jwt_sign"
> {
  const give = (result: Buffer | undefined, buffer: number, limit: number): number => {
    if (result === undefined) return Fault.badValue;
    if (result.length <= limit >>> 0) memory.bytes(buffer, result.length).set(result);
    return result.length;
  };
  const isTooLong = (keysLength: number, optionsLength: number): boolean =>
    keysLength > MAX_KEYS_BYTES || optionsLength > MAX_OPTIONS_BYTES;

  return {
    digest: (_, algorithm, data, dataLength, buffer, limit) =>
      give(digestOf(algorithm, memory.bytes(data, dataLength)), buffer, limit),

    hmac: (_, algorithm, key, keyLength, data, dataLength, buffer, limit) => {
      const secret = memory.bytes(key, keyLength);
      return give(hmacOf(algorithm, secret, memory.bytes(data, dataLength)), buffer, limit);
    },

    bytes_equal: (_, left, leftLength, right, rightLength) =>
      areEqual(memory.bytes(left, leftLength), memory.bytes(right, rightLength)) ? 1 : 0,

    jwt_verify: (
      _,
      token,
      tokenLength,
      keys,
      keysLength,
      options,
      optionsLength,
      buffer,
      limit,
    ) => {
      if (isTooLong(keysLength, optionsLength)) return Fault.limit;
      const input = {
        token: memory.readUtf8(token, tokenLength),
        keys: memory.readUtf8(keys, keysLength),
        options: memory.readUtf8(options, optionsLength),
      };
      const result = verifyJwt(input, services.jwtKeys, Date.now());
      return memory.writeUtf8(JSON.stringify(result), buffer, limit);
    },

    jwt_sign: (_, claims, claimsLength, key, keyLength, options, optionsLength, buffer, limit) => {
      if (isTooLong(keyLength, optionsLength) || claimsLength > MAX_OPTIONS_BYTES) {
        return Fault.limit;
      }
      const input = {
        claims: memory.readUtf8(claims, claimsLength),
        key: memory.readUtf8(key, keyLength),
        options: memory.readUtf8(options, optionsLength),
      };
      const result = signJwt(input, services.jwtKeys);
      return memory.writeUtf8(JSON.stringify(result), buffer, limit);
    },
  };
}
