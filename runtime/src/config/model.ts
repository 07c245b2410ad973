// The declarative config after parsing: flat entities with ids, defaults filled in, references resolved to ids.
// Names, defaults and units are Kong's (times in ms).

export interface GatewayConfig {
  readonly services: readonly ServiceConfig[];
  readonly routes: readonly RouteConfig[];
  readonly upstreams: readonly UpstreamConfig[];
  readonly consumers: readonly ConsumerConfig[];
  readonly plugins: readonly PluginConfig[];
}

/** Where an entity stands in the file; line and column start at 1. */
export interface SourcePosition {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface ServiceConfig {
  readonly id: string;
  readonly name: string | undefined;
  /** `http`: host and port, or the name of an upstream. `app`: a Hono app in this process. */
  readonly protocol: "http" | "app";
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  /** Module path of the app, absolute; only with protocol `app`. */
  readonly app: string | undefined;
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly source: SourcePosition;
}

export interface RouteConfig {
  readonly id: string;
  readonly name: string | undefined;
  readonly serviceId: string | undefined;
  readonly hosts: readonly string[];
  /** Canonical prefixes, or `~` and a regular expression that must match from the path's start. */
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  /** Header name in lower case to its accepted values; a single value that starts with `~*` is a regular expression. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly regexPriority: number;
  /** For all of a request, from its head to the end of the response (after Envoy's route timeout). */
  readonly timeoutMs: number | undefined;
  readonly encodedCharacters: EncodedCharacters;
  /** Lower case; taken from the responses of upstreams (Envoy's field). */
  readonly responseHeadersToRemove: readonly string[];
  readonly tags: readonly string[];
  readonly source: SourcePosition;
}

/** Which escapes a request's path may have (Traefik's encodedCharacters). */
export interface EncodedCharacters {
  readonly allowEncodedSlash: boolean;
  readonly allowEncodedBackSlash: boolean;
  readonly allowEncodedSemicolon: boolean;
  readonly allowEncodedPercent: boolean;
  readonly allowEncodedQuestionMark: boolean;
  readonly allowEncodedHash: boolean;
}

export interface TargetConfig {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

export interface UpstreamConfig {
  readonly id: string;
  readonly name: string;
  readonly algorithm: "round-robin";
  /** Sent as Host instead of the target's own name. */
  readonly hostHeader: string | undefined;
  readonly targets: readonly TargetConfig[];
  readonly source: SourcePosition;
}

export interface CredentialConfig {
  readonly id: string;
  /** Kong's collection, such as `keyauth_credentials`. */
  readonly collection: string;
  /** The secret itself: never to be logged. */
  readonly key: string;
}

export interface ConsumerConfig {
  readonly id: string;
  readonly username: string | undefined;
  readonly customId: string | undefined;
  readonly credentials: readonly CredentialConfig[];
  readonly tags: readonly string[];
  readonly source: SourcePosition;
}

export interface PluginConfig {
  readonly id: string;
  readonly name: string;
  readonly instanceName: string | undefined;
  readonly enabled: boolean;
  /** Checked against the plugin's own schema, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Set parts must all match; none set is global. */
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
  readonly consumerId: string | undefined;
  readonly source: SourcePosition;
}

/** One fault of a config: what, where, and what was expected. */
export interface ConfigFault extends SourcePosition {
  readonly message: string;
}

/** What config checking needs to know of the plugins at hand. */
export interface PluginCatalog {
  names(): readonly string[];
  /** JSON Schema of the plugin's config, or undefined when there is no such plugin. */
  schema(name: string): { readonly [keyword: string]: unknown } | undefined;
}

export type ParsedConfig =
  | { readonly kind: "valid"; readonly config: GatewayConfig }
  | { readonly kind: "invalid"; readonly faults: readonly ConfigFault[] };
