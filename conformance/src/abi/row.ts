// Host calls and what must come of each in each phase.
import type { FunctionName } from "./functions.ts";
import type { Argument, ProbePhase } from "./probe.ts";

export const ABSENT = -1;
export const BAD_HANDLE = -2;
export const WRONG_PHASE = -3;
export const BAD_VALUE = -4;
export const DENIED = -5;
export const LIMIT = -6;

/** A number, the number by phase, or what it must be like. */
export type Expected =
  | number
  | ((result: number) => boolean)
  | (Readonly<Partial<Record<ProbePhase, number>>> & { readonly other: number });

export interface Row {
  readonly call: readonly [FunctionName, ...Argument[]];
  readonly expected: Expected;
  /** What the buffer holds where the result is positive. */
  readonly value?: RegExp;
  /** In configure, where there is no request, it gets a bad handle. */
  readonly isOfRequest: boolean;
  /** For the entry to which nothing is granted. */
  readonly isBare: boolean;
}

export function row(
  name: FunctionName,
  values: readonly Argument[],
  expected: Expected,
  value?: RegExp,
): Row {
  const isOfRequest = values.includes("request");
  return { call: [name, ...values], expected, isOfRequest, isBare: false, ...(value && { value }) };
}

/** Denied to who was granted nothing. */
export function deniedRow(name: FunctionName, ...values: readonly Argument[]): Row {
  return { ...row(name, values, DENIED), isBare: true };
}

export function isPositive(result: number): boolean {
  return result > 0;
}

export function only(phase: ProbePhase, result: number, other: number = WRONG_PHASE): Expected {
  return { [phase]: result, other };
}
