// Configs for the policy `asks` (guests/asks.ts), which asks other servers.
import type { Entry } from "./config.ts";

export interface Asking {
  readonly does: string;
  readonly url: string;
  readonly grants?: Entry;
  readonly config?: Entry;
  /** File of the plugin: its instances are its own. */
  readonly plugin?: string;
  /** Further fields of the entry. */
  readonly more?: Entry;
}

/** A service whose route `/NAME` has the policy. Everything of 127.0.0.1 may be asked when nothing else is said. */
export function asking(
  name: string,
  upstreamPort: number,
  askedPort: number,
  { does, url, config = {}, plugin = "asks", grants = grantFor(askedPort), more }: Asking,
): Entry {
  return {
    name,
    url: `http://127.0.0.1:${upstreamPort}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [{ name: plugin, config: { does, url, ...config }, grants, ...more }],
  };
}

function grantFor(port: number): Entry {
  return { fetch: [`127.0.0.1:${port}`] };
}
