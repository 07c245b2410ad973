/** The pool that owns connections to an upstream. */
export interface ConnectionOwner<Connection> {
  /** The connection may carry another call. */
  onIdle(connection: Connection): void;
  onClosed(connection: Connection): void;
}
