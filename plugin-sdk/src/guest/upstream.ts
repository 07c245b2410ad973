// Where the request goes, and how a plugin chooses it.
import { Fault, Property } from "../abi.ts";
import type { MutableUpstreamChoice } from "../context.ts";
import { check } from "./faults.ts";
import { propertySet } from "./native.ts";
import { optionalProperty } from "./request.ts";

export abstract class HostUpstreamChoice implements MutableUpstreamChoice {
  declare readonly requestHandle: number;

  get name(): string | undefined {
    return optionalProperty(this.requestHandle, Property.upstream);
  }

  get target(): string | undefined {
    return optionalProperty(this.requestHandle, Property.target);
  }

  choose(name: string): void {
    const result = propertySet(this.requestHandle, Property.upstream, name);
    if (result === Fault.badValue) throw new TypeError(`There is no upstream "${name}"`);
    check(result, `upstream "${name}"`);
  }

  chooseTarget(hostAndPort: string): void {
    const result = propertySet(this.requestHandle, Property.target, hostAndPort);
    if (result === Fault.badValue) throw new TypeError(`"${hostAndPort}" is not host:port`);
    check(result, `target "${hostAndPort}"`);
  }
}
