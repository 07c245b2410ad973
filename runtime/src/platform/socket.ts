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
  /** The buffer belongs to the handler. */
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

export interface Listener {
  readonly address: Address;
  /** Stops accepting; open connections live on. */
  close(): void;
}

/** The one place where the runtimes differ. */
export interface Platform {
  readonly name: "bun" | "node";
  /** Throws when the address cannot be listened on. */
  listen(address: Address, accept: (socket: Socket) => SocketHandler): Promise<Listener>;
  /** Starts to connect; a failure comes as `onClose` with an error. */
  connect(address: Address, handler: ConnectHandler): Socket;
}
