// The count over everything that ran, and what goes on the last line.

export interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface Tally {
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** What did not run, each with its reason. */
  readonly skipped: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failures: [], skipped: [] };

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((count, tally) => count + tally.passed, 0),
    failures: tallies.flatMap((tally) => tally.failures),
    skipped: tallies.flatMap((tally) => tally.skipped),
  };
}

export function failed(name: string, message: string): Tally {
  return { ...NOTHING, failures: [{ name, message }] };
}

/** A run in which nothing passed and nothing failed tested nothing: that is a failure too. */
export function exitCode(tally: Tally): number {
  return tally.failures.length > 0 || tally.passed === 0 ? 1 : 0;
}
