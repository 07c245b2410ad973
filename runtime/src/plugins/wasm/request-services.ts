// Host functions for what belongs to a request or its plugin entry: shared data and secrets.
import { Fault } from "@sluice/plugin-sdk/abi";
import { SharedData } from "../../shared-data.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export function sharedFunctions({
  memory,
  call,
}: Pick<GatewayFunctionOptions, "memory" | "call">): HostFunctions<"shared_get" | "shared_set"> {
  return {
    shared_get: (_, request, key, keyLength, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const value = exchange.sharedData?.get(memory.readUtf8(key, keyLength));
      return value === undefined ? Fault.absent : memory.writeUtf8(value, buffer, limit);
    },

    shared_set: (_, request, key, keyLength, value, valueLength) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const name = memory.readUtf8(key, keyLength);
      if (valueLength < 0) {
        exchange.sharedData?.delete(name);
        return 0;
      }
      const data = (exchange.sharedData ??= new SharedData());
      const text = memory.readUtf8(value, valueLength);
      return data.set(name, text, keyLength + valueLength) ? 0 : Fault.limit;
    },
  };
}

export function secretFunctions({
  memory,
  call,
  entries,
  services,
}: GatewayFunctionOptions): HostFunctions<"secret_get"> {
  return {
    secret_get: (_, request, name, nameLength, buffer, limit) => {
      const entry = request === 0 ? call.entry : call.of(request)?.entry;
      if (entry === undefined) return Fault.badHandle;
      const reference = memory.readUtf8(name, nameLength);
      if (entries[entry]?.grants.secrets.includes(reference) !== true) return Fault.denied;
      const secret = services.secrets.get(reference);
      return secret === undefined ? Fault.absent : memory.writeUtf8(secret, buffer, limit);
    },
  };
}
