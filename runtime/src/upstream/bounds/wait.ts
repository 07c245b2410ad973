// How a request takes a slot, or waits for one, and gives it back.
import type { GatewayError } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { Admitted } from "../admission.ts";
import type { Slots } from "./slots.ts";

export interface Wait {
  readonly slots: Slots;
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  refuse(why: "queue_full" | "pending_timeout"): GatewayError;
  /** The request is over, and waits no more. */
  onGivenUp?(): void;
}

/** The promise never rejects. A request that ends while it waits gives its place up, and is told nothing more. */
export function enterOrWait(exchange: Exchange, wait: Wait): Admitted | Promise<Admitted> {
  const { promise, resolve } = Promise.withResolvers<Admitted>();
  const underWay = (exchange.underWay ??= new Set());
  let giveUp = nothing;
  const settle = (admitted: Admitted): void => {
    underWay.delete(giveUp);
    resolve(admitted);
  };
  const waiter = {
    onSlot: () => settle(undefined),
    onTimeout: () => settle(wait.refuse("pending_timeout")),
  };
  const entry = wait.slots.enter(waiter, wait.maxWaiting, wait.timeoutMs);
  switch (entry.kind) {
    case "taken":
      return undefined;
    case "full":
      return wait.refuse("queue_full");
    case "waiting":
      giveUp = () => {
        entry.giveUp();
        wait.onGivenUp?.();
      };
      underWay.add(giveUp);
      return promise;
  }
}

/** A slot that the request had. */
export function giveBack(slots: Slots, { isOver, error }: Exchange): void {
  if (isOver && error?.code === "client_closed") slots.releaseSoon();
  else slots.release();
}

function nothing(): void {
  // Nothing was begun.
}
