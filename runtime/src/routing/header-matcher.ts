// Matching on request headers: values are compared without regard to case, as in Kong.
import { compileValuePattern } from "./pattern/pattern.ts";

export interface HeaderMatcher {
  /** In lower case. */
  readonly name: string;
  /** Whether one of the header's values is accepted. */
  matches(values: readonly string[]): boolean;
}

/** What marks a value of a route's header as a regular expression. */
export const VALUE_PATTERN_MARK = "~*";

/** Most routes match on none; one list for all of them stays in the cache. */
const NO_MATCHERS: readonly HeaderMatcher[] = [];

/** @throws PatternError when a regular expression does not compile; the config has checked them. */
export function compileHeaderMatchers(
  headers: Readonly<Record<string, readonly string[]>>,
): readonly HeaderMatcher[] {
  const entries = Object.entries(headers);
  if (entries.length === 0) return NO_MATCHERS;
  return entries.map(([name, values]) => compileHeaderMatcher(name, values));
}

function compileHeaderMatcher(name: string, accepted: readonly string[]): HeaderMatcher {
  const isPattern = (value: string): boolean => value.startsWith(VALUE_PATTERN_MARK);
  const patterns = accepted
    .filter(isPattern)
    .map((value) => compileValuePattern(value.slice(VALUE_PATTERN_MARK.length)));
  const literals = new Set(
    accepted.filter((value) => !isPattern(value)).map((value) => value.toLowerCase()),
  );
  return {
    name,
    matches: (values) =>
      values.some(
        (value) =>
          literals.has(value.toLowerCase()) || patterns.some((isAccepted) => isAccepted(value)),
      ),
  };
}
