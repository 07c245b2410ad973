// The options of jwt_verify and jwt_sign, parsed: a misspelt one must not pass for one that asks for nothing.
import { JWT_ALGORITHMS } from "./jwt-algorithms.ts";
import type { JwtAlgorithm } from "./jwt-algorithms.ts";
import { isJsonObject } from "./compact-jws.ts";
import type { JsonObject } from "./compact-jws.ts";
import { BadJwtInput } from "./jwt-keys.ts";

export interface VerifyOptions {
  readonly algorithms: readonly JwtAlgorithm[];
  /** Undefined takes any, and none. */
  readonly issuers: readonly string[] | undefined;
  readonly audiences: readonly string[] | undefined;
  /** Names of claims that must be there. */
  readonly required: readonly string[];
  readonly clockSkewS: number;
  /** Seconds since 1970. */
  readonly nowS: number;
}

export interface SignOptions {
  readonly algorithm: JwtAlgorithm;
  /** Besides alg: kid, typ and others. */
  readonly header: JsonObject;
}

/** Throws {@link BadJwtInput}. */
export function readVerifyOptions(text: string, nowMs: number): VerifyOptions {
  const options = parse(text, [
    "algorithms",
    "issuer",
    "audience",
    "required",
    "clock_skew_s",
    "now_s",
  ]);
  const { algorithms, issuer, audience, required = [] } = options;
  if (!isTexts(algorithms) || algorithms.length === 0) {
    throw new BadJwtInput("algorithms: expected those that are allowed, at least one");
  }
  if (!isTexts(required)) throw new BadJwtInput("required: expected names of claims");
  return {
    algorithms: algorithms.map(algorithmOf),
    issuers: accepted(issuer, "issuer"),
    audiences: accepted(audience, "audience"),
    required,
    clockSkewS: seconds(options["clock_skew_s"] ?? 0, "clock_skew_s"),
    nowS: seconds(options["now_s"] ?? nowMs / 1000, "now_s"),
  };
}

/** Throws {@link BadJwtInput}. */
export function readSignOptions(text: string): SignOptions {
  const {
    algorithm,
    kid,
    typ = "JWT",
    header = {},
  } = parse(text, ["algorithm", "kid", "typ", "header"]);
  if (!isJsonObject(header)) throw new BadJwtInput("header: expected an object");
  for (const name of ["alg", "crit", "b64"]) {
    if (Object.hasOwn(header, name)) throw new BadJwtInput(`header: ${name} cannot be given`);
  }
  if (kid !== undefined && typeof kid !== "string") throw new BadJwtInput("kid: expected a text");
  if (typeof typ !== "string") throw new BadJwtInput("typ: expected a text");
  return {
    algorithm: algorithmOf(algorithm),
    header: { typ, ...(kid !== undefined && { kid }), ...header },
  };
}

function parse(text: string, known: readonly string[]): JsonObject {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch {
    throw new BadJwtInput("options: not JSON");
  }
  if (!isJsonObject(options)) throw new BadJwtInput("options: expected an object");
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return options;
  throw new BadJwtInput(`options: "${unknown}" is none of ${known.join(", ")}`);
}

function algorithmOf(name: unknown): JwtAlgorithm {
  const algorithm = typeof name === "string" ? JWT_ALGORITHMS.get(name) : undefined;
  if (algorithm !== undefined) return algorithm;
  const names = [...JWT_ALGORITHMS.keys()].join(", ");
  throw new BadJwtInput(`algorithms: expected some of ${names}, not ${String(name)}`);
}

function accepted(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return [value];
  if (isTexts(value) && value.length > 0) return value;
  throw new BadJwtInput(`${name}: expected a text, or several`);
}

function seconds(value: unknown, name: string): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
  throw new BadJwtInput(`${name}: expected seconds, 0 or more`);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
