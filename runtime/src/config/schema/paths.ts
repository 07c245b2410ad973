// Paths of services and routes. A prefix must be written in the canonical form that requests are brought to,
// or it could never match.
import { z } from "zod";
import { canonicalPath } from "../../routing/path.ts";
import { compilePathPattern, PatternError } from "../../routing/pattern/pattern.ts";
import { quote } from "../faults.ts";

/** What is wrong with a fixed path, or undefined. */
export function fixedPathFault(path: string): string | undefined {
  const canonical = canonicalPath(path);
  const isSeparated = canonical === undefined || /%2F|%5C/.test(canonical);
  if (canonical === path && !isSeparated) return undefined;
  if (!isSeparated) return `expected the canonical form ${quote(canonical)}`;
  return path.startsWith("/")
    ? "expected a path of the characters that RFC 3986 allows, without escaped / or \\"
    : 'expected a path that starts with "/"';
}

/** What is wrong with a route's path, or undefined. */
export function routePathFault(path: string): string | undefined {
  if (!path.startsWith("~")) {
    return path.startsWith("/")
      ? fixedPathFault(path)
      : 'expected a path that starts with "/", or "~/" for a regular expression';
  }
  if (!path.startsWith("~/")) return 'expected a regular expression that starts with "~/"';
  return patternFault(() => compilePathPattern(path.slice(1)));
}

/** What is wrong with a pattern, in words that name the place in it; undefined when it compiles. */
export function patternFault(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const place = `at character ${error.position + 1}`;
    return `the regular expression does not compile: ${error.message} (${place})`;
  }
}

export const servicePath: z.ZodString = z.string().superRefine((path, context) => {
  const message = fixedPathFault(path);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
