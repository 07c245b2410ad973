// What went wrong, for a line of the log.

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
