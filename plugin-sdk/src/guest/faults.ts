// Turns the host's fault numbers into errors that say what the plugin's author did wrong.
import { Fault } from "../abi.ts";

/** Throws when a host function refused; `what` names the thing, such as `header "x-a"`. */
export function check(result: number, what: string): number {
  if (result < 0) throw faultError(result, what);
  return result;
}

/** Gives the text or undefined; throws when it is a fault. */
export function textOf(text: string | undefined | number, what: string): string | undefined {
  if (typeof text === "number") throw faultError(text, what);
  return text;
}

export function faultError(fault: number, what: string): Error {
  switch (fault) {
    case Fault.absent:
      return new Error(`There is no ${what}`);
    case Fault.badHandle:
      return new Error(`The request of ${what} has ended, or the handle is unknown`);
    case Fault.wrongPhase:
      return new Error(`The ${what} cannot be used like this in this phase`);
    case Fault.badValue:
      return new TypeError(`HTTP does not allow this name or value for ${what}`);
    case Fault.denied:
      return new Error(`The ${what} belongs to the gateway or was not granted to this plugin`);
    case Fault.limit:
      return new RangeError(`The ${what} is over a limit of the gateway`);
    case Fault.unavailable:
      return new Error(`The ${what} could not be had: who was asked did not answer`);
    default:
      return new Error(`The gateway refused ${what} with fault ${fault}`);
  }
}
