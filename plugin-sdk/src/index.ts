// What a plugin imports.
export { ConfigError } from "./config-error.ts";
export type {
  Client,
  Connection,
  Consumer,
  Consumers,
  Credential,
  EarlyResponse,
  Entity,
  FoundConsumer,
  Log,
  LogContext,
  MutableRequest,
  MutableResponse,
  PluginEntry,
  ReadableFields,
  ReadableRequest,
  ReadableResponse,
  RequestContext,
  ResponseContext,
  Store,
  WritableFields,
} from "./context.ts";
export { definePlugin } from "./define-plugin.ts";
export type {
  ConfigInput,
  Plugin,
  PluginDefinition,
  RequestOutcome,
  Settings,
} from "./define-plugin.ts";
export { s } from "./schema.ts";
export type {
  ArraySchema,
  Infer,
  InferInput,
  NumberSchema,
  ObjectSchema,
  RecordSchema,
  Schema,
  StringSchema,
} from "./schema.ts";
