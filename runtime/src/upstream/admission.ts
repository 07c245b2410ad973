// Where an upstream may keep a try out, or let it wait: bounds and adaptive limits stand here.
import { toGatewayError } from "../errors.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange, Try, TryKind } from "../exchange.ts";

/** Undefined lets the try in; otherwise why it may not begin. */
export type Admitted = GatewayError | undefined;

export interface Admission {
  /** Before a target is picked. What has to wait is given back as a promise, which must not reject. */
  enter(exchange: Exchange, kind: TryKind): Admitted | Promise<Admitted>;
  /** Once for each that was let in, when its try is over; without a try when none came of it. */
  leave(exchange: Exchange, kind: TryKind, attempt: Try | undefined): void;
}

/** Goes on at once or later; not at all when the exchange is over by then. `go` may throw only when it is called at once. */
export function admit(
  exchange: Exchange,
  options: { readonly admission: Admission; readonly kind: TryKind },
  go: (refused: Admitted) => void,
): void {
  const { admission, kind } = options;
  const entered = admission.enter(exchange, kind);
  if (!(entered instanceof Promise)) return go(entered);
  const { error } = exchange;
  void entered.then(
    (refused) => {
      if (!exchange.isOver && exchange.error === error) go(refused);
      else if (refused === undefined) admission.leave(exchange, kind, undefined);
    },
    (thrown: unknown) => go(toGatewayError(thrown)),
  );
}
