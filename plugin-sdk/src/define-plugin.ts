// What a plugin is to its author (PluginDefinition) and to the guest that runs it (Plugin).
import { ABI_VERSION } from "./abi.ts";
import type { Manifest, Phase } from "./abi.ts";
import type {
  EarlyResponse,
  LogContext,
  PluginEntry,
  RequestContext,
  ResponseContext,
} from "./context.ts";
import type { Fields, InferFields, InferFieldsInput, ObjectSchema } from "./schema.ts";

/** What `onRequest` may return: an answer of `ctx.respond` or `ctx.error`, or nothing to go on. */
export type RequestOutcome = EarlyResponse | void;

/**
 * What handlers get as their second argument: what `configure` returned, or the config itself when there is no
 * `configure` or it returns nothing.
 */
export type Settings<Config, Prepared> = [Prepared] extends [void] ? Config : Prepared;

/** A plugin as its author writes it. Write `configure` above the handlers, so that their settings have its type. */
export interface PluginDefinition<F extends Fields, Prepared> {
  /** The name that configs use; lower case, digits and dashes. */
  readonly name: string;
  /** Semantic version: `1.0.0`. */
  readonly version: string;
  /** Plugins with a higher number run earlier in `onRequest`. */
  readonly priority: number;
  readonly config: ObjectSchema<F>;
  /**
   * Called once for each plugin entry before it sees traffic, also by `sluice check`. Prepare here whatever is the
   * same for all requests and return it. Throw {@link ConfigError} when the config makes no sense.
   */
  configure?(config: InferFields<F>, entry: PluginEntry): Prepared;
  /** Called when the request's head has been read and the route is known. */
  onRequest?(
    ctx: RequestContext,
    settings: Settings<InferFields<F>, NoInfer<Prepared>>,
  ): RequestOutcome | Promise<RequestOutcome>;
  /** Called when the response's head is about to be sent. */
  onResponse?(
    ctx: ResponseContext,
    settings: Settings<InferFields<F>, NoInfer<Prepared>>,
  ): void | Promise<void>;
  /** Called when the response has been sent or has failed. */
  onLog?(
    ctx: LogContext,
    settings: Settings<InferFields<F>, NoInfer<Prepared>>,
  ): void | Promise<void>;
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
  readonly onResponse?: (ctx: ResponseContext, settings: unknown) => void | Promise<void>;
  readonly onLog?: (ctx: LogContext, settings: unknown) => void | Promise<void>;
}

/** What a config may say for the plugin: `ConfigInput<typeof plugin>`. */
export type ConfigInput<P extends Plugin> = P extends Plugin<infer Input> ? Input : never;

/**
 * Defines a plugin: the default export of its module. Throws TypeError, and so fails the build, when the name,
 * version or priority is malformed or the plugin handles nothing.
 */
export function definePlugin<const F extends Fields, Prepared = void>(
  definition: PluginDefinition<F, Prepared>,
): Plugin<InferFieldsInput<F>> {
  const manifest: Manifest = {
    abi: ABI_VERSION,
    name: definition.name,
    version: definition.version,
    priority: definition.priority,
    phases: phasesOf(definition),
    config: definition.config.jsonSchema,
  };
  checkManifest(manifest);
  // The handlers take settings that their own `configure` made, so erasing the type of both is sound.
  const handlers = definition as unknown as Pick<Plugin, "onRequest" | "onResponse" | "onLog">;
  return {
    manifest,
    configure: (config, entry) => {
      // The gateway has checked the config against the schema that F comes from.
      const checked = config as InferFields<F>;
      const prepared = definition.configure?.(checked, entry);
      return prepared === undefined ? checked : prepared;
    },
    ...(handlers.onRequest && { onRequest: handlers.onRequest }),
    ...(handlers.onResponse && { onResponse: handlers.onResponse }),
    ...(handlers.onLog && { onLog: handlers.onLog }),
  };
}

function phasesOf<F extends Fields, P>(definition: PluginDefinition<F, P>): readonly Phase[] {
  const phases: Phase[] = [];
  if (definition.onRequest !== undefined) phases.push("access");
  if (definition.onResponse !== undefined) phases.push("header_filter");
  if (definition.onLog !== undefined) phases.push("log");
  return phases;
}

function checkManifest({ name, version, priority, phases }: Manifest): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new TypeError(`A plugin's name is lower case with dashes, not "${name}"`);
  }
  if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(version)) {
    throw new TypeError(`${name}: version must be like 1.0.0, not "${version}"`);
  }
  if (!Number.isSafeInteger(priority)) {
    throw new TypeError(`${name}: priority must be an integer, not ${priority}`);
  }
  if (phases.length === 0) {
    throw new TypeError(`${name}: define at least one of onRequest, onResponse, onLog`);
  }
}
