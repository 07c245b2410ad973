// One address that an upstream's requests may go to.

export interface Target {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Host and port in one, the key of its connection pool. */
  readonly address: string;
  /** Share of the requests, 0 to 65535; 0 gets none. */
  readonly weight: number;
}
