// What a call into a guest throws.

/** A call that did not end well. `isBroken`: the instance cannot be trusted any more. */
export class GuestFault extends Error {
  readonly isBroken: boolean;

  constructor(message: string, isBroken: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "GuestFault";
    this.isBroken = isBroken;
  }
}
