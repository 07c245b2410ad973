// What share of the requests each priority gets: Envoy's rules of priority levels and of panic, by weight instead of by
// number of hosts.

export interface LevelHealth {
  /** Weight of all its targets. */
  readonly total: number;
  /** Of those that are healthy and not ejected. */
  readonly healthy: number;
  /** Of those whose circuit breakers let something through, too. */
  readonly usable: number;
}

export interface LevelLoad {
  /** 0 to 1, all together 1. */
  readonly load: number;
  /** Too few are healthy to believe it: all of them are used. */
  readonly isPanic: boolean;
}

export interface LevelRules {
  /** Envoy's overprovisioning_factor, percent: at 140 a level takes everything until less than 1/1.4 of it may be used. */
  readonly overprovisioningFactor: number;
  /** Percent; 0 for never. */
  readonly healthyPanicThreshold: number;
}

export function levelLoads(levels: readonly LevelHealth[], rules: LevelRules): LevelLoad[] {
  const factor = rules.overprovisioningFactor / 100;
  const shares = levels.map(({ total, usable }) => Math.min(1, (factor * usable) / total));
  const available = Math.min(1, sum(shares));
  const isPanic = levels.map(
    ({ total, healthy }) => available < 1 && (healthy / total) * 100 < rules.healthyPanicThreshold,
  );
  // With nothing to tell them apart all get what they can carry.
  if (isPanic.every(Boolean)) {
    const weight = sum(levels.map(({ total }) => total));
    return levels.map(({ total }) => ({ load: total / weight, isPanic: true }));
  }
  let left = 1;
  return shares.map((share, at) => {
    const due = available === 0 ? Number(at === 0) : share / available;
    // What is left by rounding is no load.
    const load = left < 1e-9 ? 0 : Math.min(left, due);
    left -= load;
    return { load, isPanic: isPanic[at] === true };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
