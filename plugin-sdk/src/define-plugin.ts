// What a plugin is to its author (PluginDefinition) and to the guest that runs it (Plugin).
import { ABI_VERSION } from "./abi.ts";
import type { Capability, Manifest, Phase } from "./abi.ts";
import type {
  EarlyResponse,
  LogContext,
  PluginEntry,
  RequestBodyContext,
  RequestContext,
  ResponseBodyContext,
  ResponseContext,
} from "./context.ts";
import { jsonSchemaOf, configParser } from "./schema.ts";
import type { ConfigInputOf, ConfigOf, ConfigSchema } from "./schema.ts";

/** What `onRequest` may return: an answer of `ctx.respond` or `ctx.error`, or nothing to go on. */
export type RequestOutcome = EarlyResponse | void;

/** What goes on in the place of a chunk, empty for nothing; undefined lets the chunk pass as it is. */
export type ChunkOutcome = string | Uint8Array | undefined | void;

/**
 * What handlers get as their last argument: what `configure` returned, or the config itself when there is no
 * `configure` or it returns nothing.
 */
export type Settings<Config, Prepared> = [Prepared] extends [void] ? Config : Prepared;

/** A plugin as its author writes it. Write `configure` above the handlers, so that their settings have its type. */
export interface PluginDefinition<C extends ConfigSchema, Prepared> {
  /** The name that configs use; lower case, digits and dashes. */
  readonly name: string;
  /** Semantic version: `1.0.0`. */
  readonly version: string;
  /** Plugins with a higher number run earlier in `onRequest`. */
  readonly priority: number;
  /** `s.object`, or a Standard Schema that gives a JSON Schema, such as Zod's. */
  readonly config: C;
  /**
   * What the plugin cannot do without: the gateway warns when its config does not grant it, and the calls are denied
   * then. Nothing by default.
   */
  readonly capabilities?: readonly Capability[];
  /**
   * Called once for each plugin entry before it sees traffic, also by `sluice check`. Prepare here whatever is the
   * same for all requests and return it. Throw {@link ConfigError} when the config makes no sense.
   */
  configure?(config: ConfigOf<C>, entry: PluginEntry): Prepared;
  /** Called when the request's head has been read and the route is known. */
  onRequest?(
    ctx: RequestContext,
    settings: Settings<ConfigOf<C>, NoInfer<Prepared>>,
  ): RequestOutcome | Promise<RequestOutcome>;
  /**
   * Called for each piece of a request's body, of at most 64 KiB, on its way to the upstream. The last one may be empty.
   * It cannot wait. Where pieces end means nothing: characters and words may be cut in two. An HttpError refuses the
   * request, of which an upstream may have a part by then.
   */
  onRequestBody?(
    ctx: RequestBodyContext,
    chunk: Uint8Array<ArrayBuffer>,
    isLast: boolean,
    settings: Settings<ConfigOf<C>, NoInfer<Prepared>>,
  ): ChunkOutcome;
  /** Called when the response's head is about to be sent. */
  onResponse?(
    ctx: ResponseContext,
    settings: Settings<ConfigOf<C>, NoInfer<Prepared>>,
  ): void | Promise<void>;
  /** As onRequestBody, for a response's body on its way to the client. */
  onResponseBody?(
    ctx: ResponseBodyContext,
    chunk: Uint8Array<ArrayBuffer>,
    isLast: boolean,
    settings: Settings<ConfigOf<C>, NoInfer<Prepared>>,
  ): ChunkOutcome;
  /** Called when the response has been sent or has failed. */
  onLog?(ctx: LogContext, settings: Settings<ConfigOf<C>, NoInfer<Prepared>>): void | Promise<void>;
}

/** A plugin as the guest runs it. `Input` is what a config may say. */
export interface Plugin<Input = unknown> {
  /** Carries a type only: there is no such property at run time. */
  readonly "~input"?: Input;
  readonly manifest: Manifest;
  /** Gives the settings that the handlers expect. Throws ConfigError; the config is checked against the schema. */
  readonly configure: (config: unknown, entry: PluginEntry) => unknown;
  readonly onRequest?: (
    ctx: RequestContext,
    settings: unknown,
  ) => RequestOutcome | Promise<RequestOutcome>;
  readonly onRequestBody?: (
    ctx: RequestBodyContext,
    chunk: Uint8Array<ArrayBuffer>,
    isLast: boolean,
    settings: unknown,
  ) => ChunkOutcome;
  readonly onResponse?: (ctx: ResponseContext, settings: unknown) => void | Promise<void>;
  readonly onResponseBody?: (
    ctx: ResponseBodyContext,
    chunk: Uint8Array<ArrayBuffer>,
    isLast: boolean,
    settings: unknown,
  ) => ChunkOutcome;
  readonly onLog?: (ctx: LogContext, settings: unknown) => void | Promise<void>;
}

/** What a config may say for the plugin: `ConfigInput<typeof plugin>`. */
export type ConfigInput<P extends Plugin> = P extends Plugin<infer Input> ? Input : never;

/**
 * Defines a plugin: the default export of its module. Throws TypeError, and so fails the build, when the name,
 * version or priority is malformed or the plugin handles nothing.
 */
export function definePlugin<C extends ConfigSchema, Prepared = void>(
  definition: PluginDefinition<C, Prepared>,
): Plugin<ConfigInputOf<C>> {
  const manifest: Manifest = {
    abi: ABI_VERSION,
    name: definition.name,
    version: definition.version,
    priority: definition.priority,
    phases: phasesOf(definition),
    config: jsonSchemaOf(definition.config),
    ...(definition.capabilities && { capabilities: definition.capabilities }),
  };
  checkManifest(manifest);
  // The handlers take settings that their own `configure` made, so erasing the type of both is sound.
  const handlers = definition as unknown as Handlers;
  // Nothing below may reach the definition: with it the schema and all that made it would stay in each instance.
  const { configure } = definition;
  const parse = configParser(definition.config);
  return {
    manifest,
    configure: (config, entry) => {
      // Checked against the schema that C is: by the gateway, or by the schema itself.
      const checked = parse(config) as ConfigOf<C>;
      const prepared = configure?.(checked, entry);
      return prepared === undefined ? checked : prepared;
    },
    ...(handlers.onRequest && { onRequest: handlers.onRequest }),
    ...(handlers.onRequestBody && { onRequestBody: handlers.onRequestBody }),
    ...(handlers.onResponse && { onResponse: handlers.onResponse }),
    ...(handlers.onResponseBody && { onResponseBody: handlers.onResponseBody }),
    ...(handlers.onLog && { onLog: handlers.onLog }),
  };
}

type Handlers = Pick<
  Plugin,
  "onRequest" | "onRequestBody" | "onResponse" | "onResponseBody" | "onLog"
>;

function phasesOf<C extends ConfigSchema, P>(definition: PluginDefinition<C, P>): readonly Phase[] {
  const phases: Phase[] = [];
  if (definition.onRequest !== undefined) phases.push("access");
  if (definition.onRequestBody !== undefined) phases.push("request_body");
  if (definition.onResponse !== undefined) phases.push("header_filter");
  if (definition.onResponseBody !== undefined) phases.push("body_filter");
  if (definition.onLog !== undefined) phases.push("log");
  return phases;
}

/** What configs may call a plugin. */
export const PLUGIN_NAME: RegExp = /^[a-z0-9]+(-[a-z0-9]+)*$/;

function checkManifest({ name, version, priority, phases }: Manifest): void {
  if (!PLUGIN_NAME.test(name)) {
    throw new TypeError(`A plugin's name is lower case with dashes, not "${name}"`);
  }
  if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(version)) {
    throw new TypeError(`${name}: version must be like 1.0.0, not "${version}"`);
  }
  if (!Number.isSafeInteger(priority)) {
    throw new TypeError(`${name}: priority must be an integer, not ${priority}`);
  }
  if (phases.length === 0) {
    throw new TypeError(
      `${name}: define at least one of onRequest, onRequestBody, onResponse, onResponseBody, onLog`,
    );
  }
}
