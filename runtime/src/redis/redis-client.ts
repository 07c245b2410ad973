// One Redis for all who use it with equal options: `idle -> connecting -> ready -> down -> ready`. When it is known to be
// down, commands fail at once, and one attempt at a time looks whether it is back.
import { detailOf } from "../errors.ts";
import { AnswerDeadlines } from "./answer-deadlines.ts";
import type { RedisArgument, RedisConnection, RedisReply } from "./redis-connection.ts";
import { checkedBytes } from "./redis-command.ts";
import { RedisFailed } from "./redis-failed.ts";

export interface RedisClientOptions {
  /** To connect, and for an answer, ms. */
  readonly timeoutMs: number;
  /** Rejected when there is no connection within that time; `onEnd` is for one that ends by itself later. */
  connect(onEnd: (cause: Error) => void): Promise<RedisConnection>;
  /** It was lost, or is back. */
  onChange(isUp: boolean, detail: string): void;
  /** Not used for that long, the connection is closed, ms. */
  readonly idleMs?: number;
  readonly firstDelayMs?: number;
  readonly random?: () => number;
}

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly connection: Promise<RedisConnection> }
  | { readonly kind: "ready"; readonly connection: RedisConnection }
  | { readonly kind: "down"; readonly reason: string };

/** Under way at a time, and their bytes: what comes beyond is refused, not kept. */
export const MAX_COMMANDS = 10_000;
const MAX_COMMAND_BYTES: number = 64 * 1_048_576;

const IDLE_MS = 300_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;

export class RedisClient {
  readonly #options: RedisClientOptions;
  readonly #deadlines: AnswerDeadlines;
  #state: State = { kind: "idle" };
  #commands = 0;
  #bytes = 0;
  #delayMs: number;
  #retry: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #wasDown = false;
  #usedAtMs = 0;
  #isClosed = false;

  constructor(options: RedisClientOptions) {
    this.#options = options;
    this.#delayMs = options.firstDelayMs ?? FIRST_DELAY_MS;
    this.#deadlines = new AnswerDeadlines(options.timeoutMs, () =>
      this.#lose(`there was no answer within ${options.timeoutMs} ms`),
    );
  }

  get isReady(): boolean {
    return this.#state.kind === "ready";
  }

  /** Rejected with {@link RedisFailed}. A command that was sent may have been carried out all the same. */
  async call(command: readonly RedisArgument[]): Promise<RedisReply> {
    const bytes = checkedBytes(command);
    if (this.#commands >= MAX_COMMANDS || this.#bytes + bytes > MAX_COMMAND_BYTES) {
      throw new RedisFailed("limit", "too many commands are under way");
    }
    this.#commands++;
    this.#bytes += bytes;
    this.#usedAtMs = performance.now();
    try {
      const connection = this.#ready() ?? (await this.#connected());
      return await this.#deadlines.watch(connection.send(command));
    } catch (error) {
      if (error instanceof RedisFailed) throw error;
      const reason = this.#state.kind === "down" ? this.#state.reason : detailOf(error);
      throw new RedisFailed("unavailable", reason, error);
    } finally {
      this.#commands--;
      this.#bytes -= bytes;
      this.#restLater();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#rest);
    this.#drop({ kind: "down", reason: "the gateway ends" });
  }

  #ready(): RedisConnection | undefined {
    return this.#state.kind === "ready" ? this.#state.connection : undefined;
  }

  #connected(): Promise<RedisConnection> {
    if (this.#state.kind === "idle") this.#connect();
    switch (this.#state.kind) {
      case "connecting":
        return this.#state.connection;
      case "ready":
        return Promise.resolve(this.#state.connection);
      case "idle":
        throw new RedisFailed("unavailable", "there is no connection");
      case "down":
        throw new RedisFailed("unavailable", this.#state.reason);
    }
  }

  /** The first attempt, for which commands wait. */
  #connect(): void {
    const connection = this.#open();
    this.#state = { kind: "connecting", connection };
    // Whoever waits hears of it, too.
    connection.catch((error: unknown) => this.#lose(detailOf(error)));
  }

  async #open(): Promise<RedisConnection> {
    const { timeoutMs, connect } = this.#options;
    const connection: RedisConnection = await inTime(timeoutMs, () =>
      connect((cause) => {
        if (this.#ready() === connection) this.#ended(cause);
      }),
    );
    if (this.#isClosed) {
      connection.destroy();
      throw new RedisFailed("unavailable", "the gateway ends");
    }
    this.#state = { kind: "ready", connection };
    this.#delayMs = this.#options.firstDelayMs ?? FIRST_DELAY_MS;
    if (this.#wasDown) this.#options.onChange(true, "");
    this.#wasDown = false;
    return connection;
  }

  /** Servers close what they have not heard of for long: that says nothing about the next connection. */
  #ended(cause: Error): void {
    this.#drop({ kind: "idle" });
    if (this.#commands > 0) this.#lose(detailOf(cause));
  }

  #lose(reason: string): void {
    if (this.#isClosed) return;
    this.#drop({ kind: "down", reason });
    if (!this.#wasDown) this.#options.onChange(false, reason);
    this.#wasDown = true;
    const { random = Math.random } = this.#options;
    // Many gateways lose it at the same moment.
    const delayMs = this.#delayMs * (0.5 + random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    this.#retry = setTimeout(() => void this.#probe(), delayMs).unref();
  }

  async #probe(): Promise<void> {
    // Nobody asks any more: whoever does later looks for himself.
    if (performance.now() - this.#usedAtMs > this.#idleMs) return this.#drop({ kind: "idle" });
    try {
      await this.#open();
    } catch (error) {
      this.#lose(detailOf(error));
    }
  }

  #drop(next: State): void {
    const connection = this.#ready();
    this.#state = next;
    clearTimeout(this.#retry);
    this.#deadlines.clear();
    connection?.destroy();
  }

  #restLater(): void {
    if (this.#commands > 0 || this.#state.kind !== "ready") return;
    if (this.#rest === undefined) {
      const rest = (): void => this.#drop({ kind: "idle" });
      this.#rest = setTimeout(rest, this.#idleMs).unref();
    } else this.#rest.refresh();
  }

  get #idleMs(): number {
    return this.#options.idleMs ?? IDLE_MS;
  }
}

/** Rejected when it takes longer: looking a name up has no end of its own. A connection that comes later is closed. */
async function inTime(
  timeoutMs: number,
  connect: () => Promise<RedisConnection>,
): Promise<RedisConnection> {
  let isLate = false;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    isLate = true;
    reject(new Error(`there was no connection within ${timeoutMs} ms`));
  }, timeoutMs);
  const connecting = connect().then((connection) => {
    if (isLate) connection.destroy();
    return connection;
  });
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}
