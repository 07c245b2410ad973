// RSA keys that protect nothing, whoever published them (J13).

const MIN_BITS = 2048;
/** Larger ones take too long for a gateway. */
const MAX_BITS = 8192;
const MAX_EXPONENT = 2n ** 64n;

/** What is wrong with a key; undefined for one that may be used. */
export function rsaWeakness(modulus: bigint, exponent: bigint): string | undefined {
  const bits = modulus.toString(2).length;
  if (bits < MIN_BITS) return `an RSA key of ${bits} bits, expected ${MIN_BITS} or more`;
  if (bits > MAX_BITS) return `an RSA key of ${bits} bits, expected ${MAX_BITS} or less`;
  if (exponent < 3n || exponent % 2n === 0n || exponent > MAX_EXPONENT) {
    return "an RSA key with an unsafe exponent";
  }
  return isRoca(modulus) ? "an RSA key with the weakness of CVE-2017-15361" : undefined;
}

/**
 * Primes modulo which 65537 generates a part of all residues only. Moduli of the broken generator lie in that part for
 * each of them; of other moduli one in 2^27 does.
 */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/** M. Nemec and others, "The Return of Coppersmith's Attack", 2017, §2. */
function isRoca(modulus: bigint): boolean {
  return PRIMES.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime));
}

function isPowerOf65537(residue: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === residue) return true;
    power = (power * (65_537 % prime)) % prime;
  } while (power !== 1);
  return false;
}
