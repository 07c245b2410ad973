// What follows a 101: bytes of another protocol between client and upstream, both ways, as they come (RFC 9110 §7.8).
// Each side that cannot take more stops the other one; FIN goes through like bytes do.
import type { Deadlines, Timed } from "../deadlines.ts";
import type { Socket } from "../platform/socket.ts";

/** Who ends the exchange when the tunnel does. */
export interface TunnelOwner {
  /** Both sides have said FIN, or one that did is gone. */
  onTunnelEnd(): void;
  /** Nothing went through for the idle time. */
  onTunnelIdle(): void;
}

export interface TunnelParts {
  /** What both sides speak now: the value of Upgrade in the 101. */
  readonly protocol: string;
  /** The upstream's. */
  readonly socket: Socket;
  readonly owner: TunnelOwner;
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  readonly onClientBytes: (count: number) => void;
  readonly onUpstreamBytes: (count: number) => void;
}

export class Tunnel implements Timed {
  deadlineAtMs: number;
  isOver = false;
  readonly protocol: string;
  readonly upstream: TunnelEnd;
  readonly #parts: TunnelParts;

  constructor(parts: TunnelParts) {
    this.protocol = parts.protocol;
    this.#parts = parts;
    this.upstream = new TunnelEnd(this, parts.socket, parts.onUpstreamBytes);
    this.deadlineAtMs = parts.deadlines.after(parts.idleTimeoutMs);
    parts.deadlines.add(this);
  }

  /** The client's side, from which some bytes may have come: the events of its socket now belong to the end returned. */
  join(socket: Socket, early?: Buffer): TunnelEnd {
    const client = new TunnelEnd(this, socket, this.#parts.onClientBytes);
    client.other = this.upstream;
    this.upstream.other = client;
    socket.resume();
    if (early !== undefined) client.onData(early);
    return client;
  }

  /** Something went through. */
  onProgress(): void {
    this.deadlineAtMs = this.#parts.deadlines.after(this.#parts.idleTimeoutMs);
  }

  onDeadline(): void {
    this.#parts.owner.onTunnelIdle();
  }

  end(): void {
    if (!this.isOver) this.#parts.owner.onTunnelEnd();
  }

  /** Nothing goes through any more; both sockets are their connections' again. */
  stop(): void {
    this.isOver = true;
    this.#parts.deadlines.delete(this);
  }
}

/** One side: takes the events of its socket. */
export class TunnelEnd {
  other: TunnelEnd | undefined;
  /** The peer said FIN. */
  hasEnded = false;
  readonly #tunnel: Tunnel;
  readonly #socket: Socket;
  readonly #onBytes: (count: number) => void;
  /** The socket keeps bytes that the peer has not taken yet. */
  #isFull = false;
  #endsAfterDrain = false;

  constructor(tunnel: Tunnel, socket: Socket, onBytes: (count: number) => void) {
    this.#tunnel = tunnel;
    this.#socket = socket;
    this.#onBytes = onBytes;
  }

  onData(chunk: Buffer): void {
    if (this.#tunnel.isOver) return;
    this.#onBytes(chunk.length);
    this.#tunnel.onProgress();
    if (this.other?.write(chunk) === false) this.#socket.pause();
  }

  onDrain(): void {
    if (this.#tunnel.isOver) return;
    this.#isFull = false;
    this.#tunnel.onProgress();
    if (this.#endsAfterDrain) this.#socket.shutdown();
    this.other?.resume();
    this.#endWhenDone();
  }

  onEnd(): void {
    if (this.#tunnel.isOver || this.hasEnded) return;
    this.hasEnded = true;
    this.other?.shutdown();
    this.#endWhenDone();
  }

  /** The socket is closed; a peer that had said FIN before has not broken anything off. */
  onGone(): void {
    this.#tunnel.end();
  }

  /** False: no more until the other end is told to resume. */
  write(chunk: Buffer): boolean {
    this.#isFull = !this.#socket.write(chunk);
    return !this.#isFull;
  }

  resume(): void {
    this.#socket.resume();
  }

  /** A socket that is told to say FIN does not report any more that it has room (see Socket): that has to come first. */
  shutdown(): void {
    if (this.#isFull) this.#endsAfterDrain = true;
    else this.#socket.shutdown();
  }

  #endWhenDone(): void {
    const { other } = this;
    if (other === undefined || !this.hasEnded || !other.hasEnded) return;
    if (!this.#isFull && !other.#isFull) this.#tunnel.end();
  }
}
