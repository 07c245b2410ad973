// Declarative configs for the cases, in Kong's format.

export interface RouteEntry {
  readonly name?: string;
  readonly [field: string]: unknown;
}

export type Entry = Readonly<Record<string, unknown>>;

export interface ConfigParts {
  readonly services?: readonly Entry[];
  readonly consumers?: readonly Entry[];
  readonly upstreams?: readonly Entry[];
  readonly plugins?: readonly Entry[];
  readonly routes?: readonly Entry[];
}

export function config(parts: ConfigParts): Entry {
  return { _format_version: "3.0", ...parts };
}

/** A service on a local port whose one route takes every path below `path` and keeps it. */
export function service(name: string, port: number, path: string, more: Entry = {}): Entry {
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [path], strip_path: false }],
    ...more,
  };
}

/** The smallest config: everything goes to one upstream, untouched. */
export function forwardAll(port: number, more: ConfigParts = {}): Entry {
  return config({ services: [service("all", port, "/")], ...more });
}
