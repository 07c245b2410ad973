// A server that speaks as much of Redis' protocol as tests need, and connections that do as a test says.
import net from "node:net";
import { after } from "node:test";
import type { RedisOptions } from "./redis-options.ts";

export type AnswerCommand = (command: readonly string[]) => string | undefined;

export const OK = "+OK\r\n";

export class TestRedis {
  readonly commands: (readonly string[])[] = [];
  /** What clients wrote at a time. */
  readonly writes: string[] = [];
  /** RESP of the reply; undefined for none at all. */
  answer: AnswerCommand = () => OK;
  connections = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis();
    await new Promise<void>((resolve) => redis.#server.listen(0, "127.0.0.1", resolve));
    after(() => redis.stop());
    return redis;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get options(): RedisOptions {
    return {
      host: "127.0.0.1",
      port: this.port,
      username: undefined,
      password: undefined,
      database: 0,
      timeoutMs: 2000,
      ssl: false,
      sslVerify: false,
      serverName: undefined,
    };
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.#server.close();
    this.drop();
  }

  #serve(socket: net.Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    let unread = "";
    socket.on("data", (chunk: Buffer) => {
      this.writes.push(chunk.toString("latin1"));
      unread += chunk.toString("latin1");
      for (;;) {
        const [command, rest] = firstCommand(unread);
        if (command === undefined) return;
        unread = rest;
        this.commands.push(command);
        const reply = this.answer(command);
        if (reply !== undefined) socket.write(reply, "latin1");
      }
    });
  }
}

/** An array of bulk strings, once all of it is there. */
function firstCommand(text: string): [command: string[] | undefined, rest: string] {
  const [head] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (head === undefined) return [undefined, text];
  const command: string[] = [];
  let at = head.length;
  for (let left = Number(head.slice(1)); left > 0; left--) {
    const [size] = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16)) ?? [];
    if (size === undefined) return [undefined, text];
    const start = at + size.length;
    const end = start + Number(size.slice(1));
    if (text.length < end + 2) return [undefined, text];
    command.push(text.slice(start, end));
    at = end + 2;
  }
  return [command, text.slice(at)];
}
