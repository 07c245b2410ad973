// What the rest of the gateway sees of TCP. Each runtime implements it once, in the files beside this one.

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Sends latin-1 text or bytes, in order. False: the rest is kept, and `onDrain` will say when it is gone. */
  write(data: string | Buffer): boolean;
  /** Sends FIN after everything written; reading goes on. */
  shutdown(): void;
  /** Closes once the kernel has everything written: unlike after `destroy`, the peer gets it all. */
  close(): void;
  /** Drops the connection at once. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

export interface SocketHandler {
  /** The buffer belongs to the handler, until all of it in one piece was given to a socket (see spent-chunk.ts). */
  onData(chunk: Buffer): void;
  onDrain(): void;
  /** The peer sent FIN; writing is still possible. */
  onEnd(): void;
  /** Called once; nothing follows. */
  onClose(error: Error | undefined): void;
}

/** The handler of an outgoing connection. */
export interface ConnectHandler extends SocketHandler {
  onConnect(): void;
}

export interface ListenOptions {
  /** Other listeners, of this process or another, may take a part of the same address's connections (SO_REUSEPORT). */
  readonly reusePort: boolean;
}

export interface Listener {
  readonly address: Address;
  /** What can be done ahead, so that {@link close} takes no time. */
  prepareToClose(): Promise<void>;
  /** Stops accepting; open connections live on, and those that nobody has accepted yet are reset. */
  close(): void;
}

/** The one place where the runtimes differ. */
export interface Platform {
  readonly name: "bun" | "node";
  /** Throws when the address cannot be listened on. */
  listen(
    address: Address,
    accept: (socket: Socket) => SocketHandler,
    options: ListenOptions,
  ): Promise<Listener>;
  /** Starts to connect; a failure comes as `onClose` with an error. */
  connect(address: Address, handler: ConnectHandler): Socket;
}
