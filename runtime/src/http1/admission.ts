// Who may have one more connection: a limit on all of them, so that the process keeps file descriptors for its own
// work (O1), and one on those of a single address, so that one client cannot take them all (C1).

export interface ConnectionLimits {
  /** Open connections of all clients. */
  readonly maxConnections: number;
  /** Open connections of one address; 0 for no limit of its own. */
  readonly maxConnectionsPerIp: number;
}

/** The limit that a connection went over. */
export type RefusalReason = "max_connections" | "max_connections_per_ip";

export class Admission {
  open = 0;
  readonly #limits: ConnectionLimits;
  readonly #perAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Counts a connection in, unless it is one too many; {@link leave} counts it out. No address, no limit of its own. */
  enter(address: string | undefined): RefusalReason | undefined {
    const { maxConnections, maxConnectionsPerIp } = this.#limits;
    if (this.open >= maxConnections) return "max_connections";
    if (maxConnectionsPerIp > 0 && address !== undefined) {
      const open = this.#perAddress.get(address) ?? 0;
      if (open >= maxConnectionsPerIp) return "max_connections_per_ip";
      this.#perAddress.set(address, open + 1);
    }
    this.open++;
    return undefined;
  }

  leave(address: string | undefined): void {
    this.open--;
    if (this.#limits.maxConnectionsPerIp === 0 || address === undefined) return;
    const open = this.#perAddress.get(address) ?? 0;
    if (open > 1) this.#perAddress.set(address, open - 1);
    else this.#perAddress.delete(address);
  }
}
