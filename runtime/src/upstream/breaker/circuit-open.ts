// What a request gets whose way is closed by a circuit breaker.
import { GatewayError } from "../../errors.ts";

export class CircuitOpen extends GatewayError {
  override readonly retryAfterSeconds: number | undefined;

  /** `waitLeftMs`: until a breaker may let something through; undefined when nobody knows. */
  constructor(whose: string, waitLeftMs: number | undefined) {
    super("circuit_open", `the circuit breaker of ${whose} lets nothing through`);
    this.retryAfterSeconds =
      waitLeftMs === undefined ? undefined : Math.max(1, Math.ceil(waitLeftMs / 1000));
  }
}
