// HalfSipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF): without the seed nobody can choose keys that
// fall into one bucket, and on 32-bit words it is cheap in JavaScript.

const FINAL_ROUNDS = 3;

export function keyedHash(
  words: Int32Array,
  count: number,
  size: number,
  seed: readonly [number, number],
): number {
  let v0 = seed[0];
  let v1 = seed[1];
  let v2 = 0x6c796765 ^ seed[0];
  let v3 = 0x74656462 ^ seed[1];
  for (let at = 0; at <= count + FINAL_ROUNDS; at++) {
    const word = at < count ? (words[at] as number) : at === count ? size : 0;
    if (at === count + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
