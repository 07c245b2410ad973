// What a plugin imports.
export { PERIODS, windowAt } from "./calendar.ts";
export type { CalendarWindow, Period } from "./calendar.ts";
export { ConfigError } from "./config-error.ts";
export type { CookieAttributes } from "./cookies.ts";
export type {
  BodyOptions,
  Client,
  Connection,
  Consumer,
  Consumers,
  ContentCodingName,
  Credential,
  CredentialFields,
  EarlyResponse,
  Entity,
  FoundConsumer,
  KeyValues,
  Log,
  LogContext,
  LogFields,
  Measured,
  MutableBody,
  MutableRequest,
  MutableResponse,
  MutableUpstreamChoice,
  PluginEntry,
  ReadableFields,
  ReadableRequest,
  ReadableResponse,
  RequestBodyContext,
  RequestContext,
  ResponseBodyContext,
  ResponseContext,
  Secrets,
  SharedData,
  Span,
  SpanRecord,
  Store,
  Trace,
  TraceRecord,
  UpstreamChoice,
  WritableFields,
  WritableResponseFields,
} from "./context.ts";
export { definePlugin } from "./define-plugin.ts";
export type {
  ChunkOutcome,
  ConfigInput,
  Plugin,
  PluginDefinition,
  RequestOutcome,
  Settings,
} from "./define-plugin.ts";
export { fetch } from "./fetch.ts";
export type { FetchInit, FetchResponse } from "./fetch-types.ts";
export { FetchError } from "./fetch-error.ts";
export type { FetchErrorReason } from "./fetch-error.ts";
export { digest, hmac, timingSafeEqual } from "./digest.ts";
export type { BytesOrText, ByteEncoding, DigestAlgorithm } from "./digest.ts";
export { isGatewayHeader } from "./gateway-headers.ts";
export { HttpError } from "./http-error.ts";
export { jwks } from "./jwks.ts";
export type { JwksOptions, JwksSource } from "./jwks.ts";
export { jwt } from "./jwt.ts";
export type {
  Jwk,
  Jwks,
  JwtAlgorithmName,
  JwtKey,
  JwtObject,
  JwtResult,
  JwtSignOptions,
  JwtVerifyOptions,
} from "./jwt.ts";
export type { JwtFailure } from "./jwt-types.ts";
export { counter, gauge, histogram } from "./metrics.ts";
export type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  Labels,
  MetricOptions,
} from "./metrics.ts";
export { placeholders } from "./placeholders.ts";
export { openQuota } from "./quota.ts";
export type { Quota, QuotaLimits, QuotaOptions, QuotaWindow } from "./quota.ts";
export { openRedis } from "./redis.ts";
export type { Redis, RedisArgument, RedisFields, RedisReply, RedisScript } from "./redis.ts";
export { RedisError } from "./redis-error.ts";
export type { RedisErrorReason } from "./redis-error.ts";
export { openSink } from "./sinks.ts";
export type {
  FileSink,
  HttpSink,
  Sink,
  SinkOptions,
  SinkQueue,
  TcpSink,
  UdpSink,
  UnixSink,
} from "./sinks.ts";
export { s } from "./schema.ts";
export type {
  ArraySchema,
  ConfigSchema,
  Infer,
  InferInput,
  NumberSchema,
  ObjectSchema,
  RecordSchema,
  Schema,
  StandardConfigSchema,
  StringSchema,
  UnionSchema,
} from "./schema.ts";
