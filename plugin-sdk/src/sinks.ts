// Sinks: where a plugin sends what it has to tell. The gateway queues, batches, retries and delivers; no request waits.
import { Fault } from "./abi.ts";
import { ConfigError } from "./config-error.ts";
import type { LogContext } from "./context.ts";
import { moduleHost } from "./module-host.ts";

/** Kong's queue fields, with its names, units (seconds) and defaults, and two more for what is given up. */
export interface SinkQueue {
  /** Entries that are sent together. Default: 1. */
  readonly max_batch_size?: number;
  /** Seconds that an entry waits for others to share its batch. Default: 1. */
  readonly max_coalescing_delay?: number;
  /** When so many wait, the oldest is dropped for the next one. Default: 10000. */
  readonly max_entries?: number;
  /** The same, in bytes. Default: 64 MiB. */
  readonly max_bytes?: number | undefined;
  /** Seconds after which a batch is given up; -1 for no retries. Default: 60. */
  readonly max_retry_time?: number;
  /** Seconds; doubles from one retry to the next. Default: 0.01. */
  readonly initial_retry_delay?: number;
  /** Seconds. Default: 60. */
  readonly max_retry_delay?: number;
  /** Batches under way at a time; -1 for as many as the gateway allows. Default: 1. */
  readonly concurrency_limit?: number;
  /** A file that the entry's config names: it keeps what is given up, one entry a line. Default: none, they are lost. */
  readonly dead_letter_path?: string | undefined;
  /** Of that file. Default: 100 MiB. */
  readonly dead_letter_max_bytes?: number;
}

interface SinkBase {
  /** Before each batch, between its entries, and after it. Default: nothing. */
  readonly prefix?: string;
  readonly separator?: string;
  readonly suffix?: string;
  readonly queue?: SinkQueue;
}

/** A batch is the body of a request; a status of 300 and above is a failure. Redirects are not followed. */
export interface HttpSink extends SinkBase {
  readonly to: "http";
  /** A user and password in it become an Authorization header. */
  readonly url: string;
  readonly method?: "POST" | "PUT" | "PATCH";
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** For a request and its answer, ms, up to 60000. Default: 10000. */
  readonly timeoutMs?: number;
  /** How long a connection with nothing to send is kept, ms. Default: 60000. */
  readonly keepAliveMs?: number;
}

/** Batches go one after the other over one connection, or over TLS. */
export interface TcpSink extends SinkBase {
  readonly to: "tcp";
  readonly host: string;
  readonly port: number;
  readonly timeoutMs?: number;
  readonly keepAliveMs?: number;
  /** `sni`: the name that the certificate must be for. Default: `host`. `verify` is true by default. */
  readonly tls?: { readonly sni?: string | undefined; readonly verify?: boolean } | undefined;
}

/** An entry is a datagram; with a separator, as many entries of a batch as fit share one. Each has prefix and suffix. */
export interface UdpSink extends SinkBase {
  readonly to: "udp";
  readonly host: string;
  readonly port: number;
  /** The longest datagram. Default: 65507. */
  readonly packetBytes?: number;
}

/** A stream socket of this machine. The entry's config must name the path. */
export interface UnixSink extends SinkBase {
  readonly to: "unix";
  readonly path: string;
  readonly timeoutMs?: number;
  readonly keepAliveMs?: number;
}

/** Appends to a file that the entry's config names. */
export interface FileSink extends SinkBase {
  readonly to: "file";
  readonly path: string;
}

export type SinkOptions = HttpSink | TcpSink | UdpSink | UnixSink | FileSink;

export interface Sink {
  /** Queues an entry. False when it was dropped, because it is too long or the queue is full; that is counted. */
  append(entry: string | Uint8Array): boolean;
  /** The same for the request's log record, which never enters the plugin: that costs less. Only in onLog. */
  appendRecord(ctx: LogContext): boolean;
}

/**
 * Opens a sink; only in `configure`. Entries with equal options share one queue, which outlives reloads. Throws a
 * ConfigError when the entry's grants, or its config, do not name the server or file.
 */
export function openSink(options: SinkOptions): Sink {
  const host = moduleHost();
  const sink = host.sinkOpen(JSON.stringify(options));
  if (sink < 0) throw refusal(sink, options);
  return {
    append: (entry) => taken(host.sinkAppend(sink, dataOf(entry))),
    appendRecord: (ctx) => taken(host.sinkAppendRecord(ctx, sink)),
  };
}

/** The engine takes no empty arrays. */
function dataOf(entry: string | Uint8Array): string | Uint8Array {
  if (typeof entry === "string") return entry;
  if (entry instanceof Uint8Array) return entry.length === 0 ? "" : entry;
  throw new TypeError(`An entry of a sink is a string or a Uint8Array, not ${typeof entry}`);
}

function taken(result: number): boolean {
  if (result >= 0) return true;
  if (result === Fault.limit) return false;
  if (result === Fault.wrongPhase) throw new Error("A sink takes nothing in this phase");
  throw new Error("This is no sink of this plugin entry, or its request has ended");
}

function refusal(fault: number, options: SinkOptions): Error {
  switch (fault) {
    case Fault.denied:
      return new ConfigError(`${nameOf(options)} is not in the entry's grants`);
    case Fault.wrongPhase:
      return new Error("A sink is opened in configure");
    default:
      return new ConfigError(`the gateway takes no sink with these options to ${nameOf(options)}`);
  }
}

function nameOf(options: SinkOptions): string {
  switch (options.to) {
    case "http":
      // Its user, path and query may be credentials.
      return options.url.replace(/^(\w+:\/\/)(?:[^/?#]*@)?([^/?#]*).*$/s, "$1$2");
    case "tcp":
    case "udp":
      return `${options.host}:${options.port}`;
    case "unix":
    case "file":
      return `the file ${options.path}${deadLetter(options)}`;
  }
}

function deadLetter({ queue }: SinkOptions): string {
  const path = queue?.dead_letter_path;
  return path === undefined ? "" : ` or ${path}`;
}
