// A route's host: exact, `*.example.com` or `example.*`, each with a port if only that one is meant.

export interface HostPattern {
  /** `suffix`: whatever ends in the text; `prefix`: whatever starts with it. */
  readonly kind: "exact" | "suffix" | "prefix";
  /** Lower case; a suffix starts with a dot, a prefix ends in one. */
  readonly text: string;
  readonly port: number | undefined;
}

const PORT = /:(\d+)$/;

export function splitHost(host: string): HostPattern {
  const digits = PORT.exec(host)?.[1];
  const port = digits === undefined ? undefined : Number(digits);
  const name = host.replace(PORT, "").toLowerCase();
  if (name.startsWith("*")) return { kind: "suffix", text: name.slice(1), port };
  if (name.endsWith("*")) return { kind: "prefix", text: name.slice(0, -1), port };
  return { kind: "exact", text: name, port };
}

/** The port that an authority names, or that of http. */
export function portOf(authority: string): number {
  const digits = PORT.exec(authority)?.[1];
  return digits === undefined ? 80 : Number(digits);
}
