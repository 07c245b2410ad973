// Finds a secret among those that are known, in a time that tells nothing of them (J12).
import { randomFillSync } from "node:crypto";
import { keyedHash } from "./keyed-hash.ts";
import { TextWords } from "./text-words.ts";

/** Drawn anew in each thread, so that nobody outside can tell which texts meet. */
const [low = 0, high = 0] = randomFillSync(new Int32Array(2));
const seed = [low, high] as const;
const words = new TextWords(64);

/** 32 bits, signed; costs a fifth of SHA-256. */
export function secretHash(text: string): number {
  words.write(text);
  return keyedHash(words.words, words.count, words.size, seed);
}

/** Whether two texts are the same, in a time that depends on the second one's length only. */
export function isSameSecret(given: string, kept: string): boolean {
  let difference = given.length ^ kept.length;
  for (let at = 0; at < kept.length; at++) difference |= given.charCodeAt(at) ^ kept.charCodeAt(at);
  return difference === 0;
}
