// Quotas of TestHost: what was opened and taken is kept.
import type { HostFunction } from "../abi.ts";
import type { FieldHost } from "./test-request.ts";

type Run = (...values: number[]) => number;

export class TestQuotas {
  /** What quota_open was given; ids count from 1. */
  readonly options: unknown[] = [];
  readonly taken: { request: number; quota: number; identifier: string; cost: number }[] = [];
  /** What quota_take answers. */
  answer: number = 1;
  /** The fault that quota_open answers, 0 for none. */
  refuseWith: number = 0;

  functions(host: FieldHost): Record<Extract<HostFunction, "quota_open" | "quota_take">, Run> {
    return {
      quota_open: (options = 0, length = 0) => {
        const said: unknown = JSON.parse(host.read(options, length));
        return this.refuseWith < 0 ? this.refuseWith : this.options.push(said);
      },
      quota_take: (request = 0, quota = 0, identifier = 0, length = 0, cost = 0) =>
        host.on(request, () => {
          this.taken.push({ request, quota, identifier: host.read(identifier, length), cost });
          return this.answer;
        }),
    };
  }
}
