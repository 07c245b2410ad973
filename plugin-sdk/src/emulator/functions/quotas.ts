// Host functions on quotas: counted as in the gateway, by the plugin's time.
import { Fault } from "../../abi.ts";
import { QuotaCounter, isCost, readQuotaDefinition } from "../../counting/index.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

export function quotaFunctions({
  host,
  memory,
  calls,
  quotas,
}: GuestContext): HostFunctions<"quota_open" | "quota_take"> {
  return {
    quota_open: (options, length) => {
      const { current } = calls;
      if (current?.phase !== "configure") return Fault.wrongPhase;
      const definition = readQuotaDefinition(memory.readUtf8(options, length));
      if (definition === undefined) return Fault.badValue;
      const prefix = `${host.options.entryId}:${definition.name}`;
      return (
        quotas.add(new QuotaCounter(host.counters, prefix, definition), current) ?? Fault.limit
      );
    },

    quota_take: (request, id, identifier, identifierLength, cost) => {
      const call = calls.of(request);
      const quota = quotas.of(id);
      if (call?.exchange === undefined || quota === undefined) return Fault.badHandle;
      if (!isCost(cost)) return Fault.badValue;
      const client = memory.readUtf8(identifier, identifierLength);
      quota.takenBy = call;
      return quota.counter.take(client, cost, host.clock.nowMs) ? 1 : 0;
    },
  };
}
