// Keeps secrets out of texts that may have picked them up on the way.

/** The text with the reference in place of each secret; the two values are one config, with and without its secrets. */
export function maskSecrets(text: string, written: unknown, withSecrets: unknown): string {
  if (typeof withSecrets === "string") {
    const isSecret = written !== withSecrets && typeof written === "string" && withSecrets !== "";
    return isSecret ? text.replaceAll(withSecrets, written) : text;
  }
  if (typeof withSecrets !== "object" || withSecrets === null) return text;
  let masked = text;
  for (const [key, member] of Object.entries(withSecrets)) {
    masked = maskSecrets(masked, memberOf(written, key), member);
  }
  return masked;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
