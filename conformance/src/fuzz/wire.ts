// A connection's end as the fuzzer uses it: all that has come, and waits for what makes of it a message.
import { connect } from "node:net";
import type { Socket } from "node:net";

import { Watch } from "../harness/deadline.ts";

export class Wire {
  readonly socket: Socket;
  readonly #watch: Watch = new Watch();
  #received: Buffer = Buffer.alloc(0);
  /** The other end said FIN or is gone. */
  isEnded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#watch.notify();
    });
    const end = (): void => {
      this.isEnded = true;
      this.#watch.notify();
    };
    socket.on("end", end).on("error", end).on("close", end);
  }

  get received(): Buffer {
    return this.#received;
  }

  /** Forgets the first `count` bytes received. */
  drop(count: number): void {
    this.#received = this.#received.subarray(count);
  }

  /** Latin-1. */
  send(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }

  /** Waits until `check` holds, which is looked at on every piece and at the end. False: not within the limit. */
  async until(check: () => boolean, limitMs?: number): Promise<boolean> {
    return this.#watch.until(() => (check() ? true : undefined), "", limitMs).catch(() => false);
  }
}

export async function connectWire(port: number): Promise<Wire> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return new Wire(socket);
}
