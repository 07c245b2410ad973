// What an upstream says it used: "videos=2, images=1".

/** At most, of one limit in one response. */
const MAX_INCREMENT = 1_000_000_000;

/**
 * By the name of the limit; of lines and items of one name the last one counts, as in Kong. What is no whole number of 0 or more is passed over.
 */
export function incrementsOf(values: readonly string[]): ReadonlyMap<string, number> {
  const increments = new Map<string, number>();
  for (const item of values.join(",").split(",")) {
    const [name = "", number, ...more] = item.split("=").map((part) => part.trim());
    if (number === undefined || more.length > 0 || !/^\d{1,10}$/.test(number)) continue;
    increments.set(name, Math.min(Number(number), MAX_INCREMENT));
  }
  return increments;
}
