// The target that reaches the upstream, by RFC 3986 §6.2.2 and §5.2.4 and the gateway's README, written anew.

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** For a request target that the gateway accepts. */
export function canonicalTarget(target: string): string {
  if (target === "*") return target;
  const relative = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  const query = mark < 0 ? "" : relative.slice(mark);
  // A query without a character is left out with its mark.
  return canonicalPath(path) + (query === "?" ? "" : query);
}

function canonicalPath(path: string): string {
  const decoded = path
    .replaceAll(/%(..)/g, (_, digits: string) => {
      const character = String.fromCharCode(Number.parseInt(digits, 16));
      return UNRESERVED.test(character) ? character : `%${digits.toUpperCase()}`;
    })
    .replaceAll(/["<>[\]^`{|}]/g, (character) => {
      return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    });
  let rest = `/${decoded}`.replaceAll(/\/{2,}/g, "/");
  for (;;) {
    const shorter = rest
      .replaceAll(/\/\.(?=\/|$)/g, "/")
      .replaceAll(/\/{2,}/g, "/")
      .replace(/\/(?!\.\.(?:\/|$))[^/]+\/\.\.(?=\/|$)/, "/")
      .replace(/^(?:\/\.\.)+(?=\/|$)/, "/")
      .replaceAll(/\/{2,}/g, "/");
    if (shorter === rest) return rest;
    rest = shorter;
  }
}
