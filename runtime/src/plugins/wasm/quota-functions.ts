// Host functions on quotas (ABI.md, section "Quotas").
import { Fault } from "@sluice/plugin-sdk/abi";
import { QuotaCounter, isCost, readQuotaDefinition } from "@sluice/plugin-sdk/counting";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import type { OpenQuotas } from "./open-quotas.ts";
import { shortened } from "./store-key.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

/** No handle is 0. */
const NOBODY = 0;

export function quotaFunctions(
  { plugin, memory, call, entries, services }: GatewayFunctionOptions,
  quotas: OpenQuotas,
): HostFunctions<"quota_open" | "quota_take"> {
  return {
    quota_open: (_, options, length) => {
      if (!call.isConfiguring) return Fault.wrongPhase;
      const { entry } = call;
      const definition = readQuotaDefinition(memory.readUtf8(options, length));
      if (definition === undefined) return Fault.badValue;
      // With the entry's id, so that all workers and later instances go on with the same counts. No key that a plugin
      // can write, for whatever a client sent, begins with two NULs.
      const prefix = `\0\0${plugin}\0${entries[entry]?.id}\0${definition.name}`;
      const counter = new QuotaCounter(services.store, prefix, definition);
      return quotas.add(entry, counter) ?? Fault.limit;
    },

    quota_take: (_, request, id, identifier, identifierLength, cost) => {
      const asking = call.of(request);
      const quota = quotas.of(asking?.entry, id);
      if (asking?.exchange === undefined || quota === undefined) return Fault.badHandle;
      if (!isCost(cost)) return Fault.badValue;
      const { counter } = quota;
      const client = shortened(memory.readUtf8(identifier, identifierLength), identifierLength);
      const take = (): boolean => counter.take(client, cost, Date.now());
      quota.takenBy = request;
      if (take()) {
        const again = (): boolean => {
          // What the quota says is of no handle then.
          quota.takenBy = NOBODY;
          return take();
        };
        call.recordingOf(request)?.took(again, client);
        return 1;
      }
      // Its answer to that is the guest's each time.
      call.spoilRecording();
      return 0;
    },
  };
}
