// The declarative config after parsing: flat entities with ids, defaults filled in, references resolved to ids.
// Names, defaults and units are Kong's (times in ms).
import type { BulkheadConfig } from "./bounds-model.ts";
import type { FallbackConfig } from "./fallback-model.ts";
import type { DeadlineConfig, HedgePolicyConfig, RetryPolicyConfig } from "./tries-model.ts";
import type { UpstreamConfig } from "./upstream-model.ts";

export type { TargetConfig, UpstreamConfig } from "./upstream-model.ts";

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
  /** Of routes that have none of their own; undefined for none. */
  readonly fallback?: FallbackConfig | undefined;
  /** Of routes that say nothing of the same. */
  readonly tries?: TriesConfig | undefined;
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
  /** What is left out here is the service's. */
  readonly tries?: TriesConfig | undefined;
  readonly encodedCharacters: EncodedCharacters;
  /** Lower case; taken from the responses of upstreams (Envoy's field). */
  readonly responseHeadersToRemove: readonly string[];
  /** Undefined for that of the service. */
  readonly fallback?: FallbackConfig | undefined;
  /** Undefined for none. */
  readonly bulkhead?: BulkheadConfig | undefined;
  /** Names of plugins that run first, in this order; empty to go by priority. */
  readonly pluginOrder: readonly string[];
  readonly tags: readonly string[];
  readonly source: SourcePosition;
}

/** How often, how long and with what word of the time that is left a request is tried. */
export interface TriesConfig {
  readonly retryPolicy: RetryPolicyConfig | undefined;
  readonly hedgePolicy: HedgePolicyConfig | undefined;
  readonly deadline: DeadlineConfig | undefined;
  /** From the end of the request to the end of the response's head; undefined for no limit but the others. */
  readonly responseHeaderTimeoutMs: number | undefined;
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

export interface CredentialConfig {
  readonly id: string;
  /** Kong's collection, such as `keyauth_credentials`. */
  readonly collection: string;
  /** What it is found by: a username, say, or the secret itself. Never to be logged. */
  readonly key: string;
  /** What X-Credential-Identifier says. */
  readonly identifier: string;
  /** What plugins get of it, by Kong's names; with secrets. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ConsumerConfig {
  readonly id: string;
  readonly username: string | undefined;
  readonly customId: string | undefined;
  readonly credentials: readonly CredentialConfig[];
  /** Kong's acls. */
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  readonly source: SourcePosition;
}

export interface PluginConfig {
  readonly id: string;
  readonly name: string;
  readonly instanceName: string | undefined;
  readonly enabled: boolean;
  /** Checked against the plugin's own schema, defaults filled in; references to secrets stand as they were written. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The same with the secrets themselves: for the plugin alone, never to be logged or shown. */
  readonly configWithSecrets: Readonly<Record<string, unknown>>;
  /** `host:port`, lower case, of the servers that the config names as the plugin's endpoints. */
  readonly endpoints: readonly string[];
  /** Set parts must all match; none set is global. */
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
  readonly consumerId: string | undefined;
  readonly failStrategy: FailStrategy;
  readonly isolation: Isolation;
  readonly limits: PluginLimits;
  readonly grants: PluginGrants;
  readonly ordering: PluginOrdering;
  /** Where the plugin's module comes from, when it is not a file of a plugin folder. */
  readonly wasm: PluginWasm | undefined;
  readonly source: SourcePosition;
}

/** What becomes of a request whose plugin failed. */
export type FailStrategy = (typeof FAIL_STRATEGIES)[number];
export const FAIL_STRATEGIES = ["fail_close", "fail_open", "fail_reload"] as const;

/** Who shares an instance of the plugin: all entries, the requests of one entry, or nobody. */
export type Isolation = (typeof ISOLATIONS)[number];
export const ISOLATIONS = ["shared", "config", "request"] as const;

/** Undefined means the gateway's default. */
export interface PluginLimits {
  /** For one call of one phase, ms. */
  readonly callMs: number | undefined;
  /** For all calls of one request together, ms. */
  readonly requestMs: number | undefined;
  /** Of the guest's memory, MiB. */
  readonly memoryMb: number | undefined;
}

/** What the plugin may do besides looking at its requests. Nothing by default. */
export interface PluginGrants {
  /** `host`, `host:port` or `*.suffix`, lower case: see plugins/host-grant.ts. */
  readonly fetch: readonly string[];
  /** What is fetched may resolve to private and loopback addresses. */
  readonly privateAddresses: boolean;
  /** Those of `fetch` that may without that: what the operator's config of a bundled plugin names. */
  readonly endpoints?: readonly string[];
  /** `host:port`, lower case. */
  readonly targets: readonly string[];
  /** Names of store namespaces besides the plugin's own. */
  readonly store: readonly string[];
  /** References without braces, such as `vault://env/jwt-key`. */
  readonly secrets: readonly string[];
  /** The plugin may look up consumers and credentials, and say whose request it is. */
  readonly consumers: boolean;
}

/** Names of the plugins that this one runs before and after. */
export interface PluginOrdering {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface PluginWasm {
  /** `file:` with an absolute path, `https:`, or `http:` to a loopback address. */
  readonly url: string;
  /** Hex, lower case. */
  readonly sha256: string;
  /** Ed25519 over the file's bytes, base64. */
  readonly signature: string | undefined;
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
