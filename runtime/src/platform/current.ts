// The platform of the runtime that this process is.
import type { Platform } from "./socket.ts";

/** Loads only the running runtime's part. */
export async function currentPlatform(): Promise<Platform> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).bunPlatform;
  return (await import("./node.ts")).nodePlatform;
}
