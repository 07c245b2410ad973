// What a plugin says of a sink: where its entries go, how a batch is framed, and how they are queued. JSON, as in ABI.md.
import * as z from "zod";

/** Of the queue, bytes, where its config says nothing: records are made of what clients send. */
export const DEFAULT_MAX_BYTES: number = 64 * 1_048_576;
/** Batches of one sink under way at a time with a concurrency_limit of -1. */
const MAX_CONCURRENCY = 64;
const MAX_TIMEOUT_MS = 60_000;
const MAX_KEEP_ALIVE_MS = 3_600_000;
/** The longest payload of a datagram over IPv4 (RFC 768, RFC 791 §3.1). */
const MAX_DATAGRAM_BYTES = 65_507;
const MAX_TEXT_BYTES = 65_536;
const MAX_FRAME_CHARACTERS = 65_536;
const MAX_SECONDS = 1_000_000;

export interface Framing {
  readonly prefix: string;
  /** Stands between two entries of a batch. */
  readonly separator: string;
  readonly suffix: string;
}

/** Kong's queue fields, times in seconds as there. */
export interface QueueOptions {
  readonly max_batch_size: number;
  readonly max_coalescing_delay: number;
  readonly max_entries: number;
  readonly max_bytes: number;
  /** -1: a batch is sent once. */
  readonly max_retry_time: number;
  readonly initial_retry_delay: number;
  readonly max_retry_delay: number;
  /** Batches under way at a time. */
  readonly concurrency_limit: number;
  readonly dead_letter_path?: string | undefined;
  readonly dead_letter_max_bytes: number;
}

interface CommonOptions extends Framing {
  readonly queue: QueueOptions;
}

export interface HttpSinkOptions extends CommonOptions {
  readonly to: "http";
  readonly url: string;
  readonly method: "POST" | "PUT" | "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly timeoutMs: number;
  /** How long a connection without anything to send is kept. */
  readonly keepAliveMs: number;
}

export interface TcpSinkOptions extends CommonOptions {
  readonly to: "tcp";
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
  /** Undefined for no TLS. */
  readonly tls?: { readonly sni?: string | undefined; readonly verify: boolean } | undefined;
}

export interface DatagramSinkOptions extends CommonOptions {
  readonly to: "udp";
  readonly host: string;
  readonly port: number;
  /** Of one datagram. */
  readonly packetBytes: number;
}

export interface UnixSinkOptions extends CommonOptions {
  readonly to: "unix";
  readonly path: string;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
}

export interface FileSinkOptions extends CommonOptions {
  readonly to: "file";
  readonly path: string;
}

export type StreamSinkOptions = TcpSinkOptions | UnixSinkOptions;
export type SinkOptions =
  | HttpSinkOptions
  | StreamSinkOptions
  | DatagramSinkOptions
  | FileSinkOptions;
export type SinkKind = SinkOptions["to"];

const path = z.string().min(1).max(4096);
const seconds = z.number().max(MAX_SECONDS);

const queue = z.strictObject({
  max_batch_size: z.int().min(1).max(1_000_000).default(1),
  max_coalescing_delay: seconds.min(0).default(1),
  max_entries: z.int().min(1).max(1_000_000).default(10_000),
  max_bytes: z.int().min(1).default(DEFAULT_MAX_BYTES),
  max_retry_time: seconds.min(-1).default(60),
  initial_retry_delay: seconds.min(0.001).default(0.01),
  max_retry_delay: seconds.min(0.001).default(60),
  concurrency_limit: z
    .union([z.literal(-1), z.literal(1)])
    .default(1)
    .transform((limit) => (limit === 1 ? 1 : MAX_CONCURRENCY)),
  dead_letter_path: path.optional(),
  dead_letter_max_bytes: z.int().min(1).default(104_857_600),
});

const common = {
  prefix: z.string().max(MAX_FRAME_CHARACTERS).default(""),
  separator: z.string().max(MAX_FRAME_CHARACTERS).default(""),
  suffix: z.string().max(MAX_FRAME_CHARACTERS).default(""),
  queue: queue.prefault({}),
};
const timeoutMs = z.number().positive().max(MAX_TIMEOUT_MS).default(10_000);
const keepAliveMs = z.number().min(0).max(MAX_KEEP_ALIVE_MS).default(60_000);
const host = z.string().min(1).max(255);
const port = z.int().min(1).max(65_535);

const schema: z.ZodType<SinkOptions> = z.discriminatedUnion("to", [
  z.strictObject({
    to: z.literal("http"),
    url: z.string().max(8192),
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST"),
    headers: z.record(z.string(), z.string().max(MAX_TEXT_BYTES)).default({}),
    contentType: z.string().max(200).default("application/json"),
    timeoutMs,
    keepAliveMs,
    ...common,
  }),
  z.strictObject({
    to: z.literal("tcp"),
    host,
    port,
    timeoutMs,
    keepAliveMs,
    tls: z
      .strictObject({ sni: z.string().max(255).optional(), verify: z.boolean().default(true) })
      .optional(),
    ...common,
  }),
  z.strictObject({
    to: z.literal("udp"),
    host,
    port,
    packetBytes: z.int().min(1).max(MAX_DATAGRAM_BYTES).default(MAX_DATAGRAM_BYTES),
    ...common,
  }),
  z.strictObject({ to: z.literal("unix"), path, timeoutMs, keepAliveMs, ...common }),
  z.strictObject({ to: z.literal("file"), path, ...common }),
]);

/** Undefined for anything else than such options. */
export function readSinkOptions(json: string): SinkOptions | undefined {
  try {
    return schema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** Files that the sink reads or writes; the operator must have named them. */
export function pathsOf(options: SinkOptions): readonly string[] {
  const { dead_letter_path: deadLetter } = options.queue;
  const own = options.to === "file" || options.to === "unix" ? [options.path] : [];
  return deadLetter === undefined ? own : [...own, deadLetter];
}

/** The server, as a URL; undefined for one that is no server. Throws a TypeError for what cannot be a URL. */
export function destinationOf(options: SinkOptions): URL | undefined {
  switch (options.to) {
    case "http":
      return new URL(options.url);
    case "tcp":
    case "udp": {
      const bare = options.host.replace(/^\[|\]$/g, "");
      return new URL(`${options.to}://${bare.includes(":") ? `[${bare}]` : bare}:${options.port}`);
    }
    case "unix":
    case "file":
      return undefined;
  }
}
