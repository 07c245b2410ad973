// A client that is one too many: it is told so, and goes.
import type { Deadlines, Timed } from "../deadlines.ts";
import type { Socket, SocketHandler } from "../platform/socket.ts";

export interface Refusal {
  /** The whole response. */
  readonly response: string;
  /** For the client to take the response and close, ms. */
  readonly lingerMs: number;
  readonly onGone: (connection: RefusedConnection) => void;
}

export class RefusedConnection implements SocketHandler, Timed {
  deadlineAtMs: number;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  readonly #refusal: Refusal;
  #isGone = false;

  constructor(socket: Socket, deadlines: Deadlines, refusal: Refusal) {
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#refusal = refusal;
    this.deadlineAtMs = deadlines.after(refusal.lingerMs);
    deadlines.add(this);
    // Closing at once would reset the connection when its request comes, and the client might not see the response.
    socket.write(refusal.response);
    socket.shutdown();
  }

  onData(): void {
    // The answer is out already.
  }

  onDrain(): void {
    // Nothing is left to write.
  }

  onEnd(): void {
    this.#socket.close();
  }

  onDeadline(): void {
    this.abort();
  }

  abort(): void {
    this.#socket.destroy();
  }

  onClose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#deadlines.delete(this);
    this.#refusal.onGone(this);
  }
}
