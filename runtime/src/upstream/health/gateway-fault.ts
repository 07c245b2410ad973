// Errors of connecting that are the gateway's own: out of descriptors, ports or memory. They say nothing of a target, and
// if they counted, a gateway at its limits would take all of its targets out.

const CODES = new Set(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EADDRINUSE", "ENOBUFS", "ENOMEM"]);

export function isGatewayFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    CODES.has(error.code)
  );
}
