// Headers that a plugin states: what a client sends under their names must not reach the upstream in its place (T2, T3).
import type { MutableRequest } from "@sluice/plugin-sdk";

export interface OwnHeaders {
  /** Takes away what the client says. */
  clear(request: MutableRequest): void;
}

/** Backends that make variables of names take `X_User` for X-User (CVE-2025-64484). */
export function ownHeaders(names: readonly string[]): OwnHeaders {
  const dashed = new Set(names.map(dashedName));
  return {
    clear(request) {
      if (dashed.size === 0) return;
      for (const name of request.headerNames()) {
        if (dashed.has(dashedName(name))) request.removeHeader(name);
      }
    },
  };
}

function dashedName(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}
