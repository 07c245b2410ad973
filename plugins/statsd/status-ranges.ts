// Kong's ranges of status codes, such as "200-204".

export const STATUS_RANGE = /^\d{3}-\d{3}$/;

export function isInRanges(status: number, ranges: readonly string[]): boolean {
  return ranges.some((range) => {
    const [first, last] = range.split("-").map(Number);
    return status >= (first ?? 0) && status <= (last ?? 0);
  });
}
