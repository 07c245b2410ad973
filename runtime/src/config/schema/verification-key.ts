// Whether a public key goes with the algorithm that a credential names: found out when the config is read, not with
// the first token.
import { JWT_ALGORITHMS, JwtKeyCache } from "@sluice/plugin-sdk/crypto";

/** What is wrong with it, or undefined. The key is a PEM: a public key or a certificate. */
export function verificationKeyFault(pem: string, algorithm: string): string | undefined {
  const expected = `expected a public key for ${algorithm} as PEM`;
  try {
    const { keys } = new JwtKeyCache().get(JSON.stringify({ pem }), "verify");
    return keys[0]?.kind === JWT_ALGORITHMS.get(algorithm)?.keyKind ? undefined : expected;
  } catch (error) {
    // The message says what is weak or unreadable, and shows nothing of the key.
    const reason = error instanceof Error ? error.message.replace(/^keys: /, "") : "unreadable";
    return `${expected}: ${reason}`;
  }
}
