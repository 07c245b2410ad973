// From targets as they were listed to targets that can be connected to: a name becomes its addresses.
import type { TargetConfig } from "../config/upstream-model.ts";
import type { ResolvedAddress } from "./dns/name-lookup.ts";

/** Addresses of a name; none when it has none. */
export type AddressesOf = (name: string) => readonly ResolvedAddress[];

/** Whether a host is a name, which DNS knows. */
export function isName(host: string): boolean {
  return !host.includes(":") && !/^\d+(?:\.\d+){3}$/.test(host);
}

/** Each address has its own id, and the name's Host. `idOf` gives the same id for the same place. */
export function expand(
  targets: readonly TargetConfig[],
  addressesOf: AddressesOf,
  idOf: (host: string, port: number) => string,
): readonly TargetConfig[] {
  const expanded = new Map<string, TargetConfig>();
  for (const target of targets) {
    for (const place of placesOf(target, addressesOf)) {
      const key = `${place.host} ${place.port}`;
      if (expanded.has(key)) continue;
      const isSame = place.host === target.host && place.port === target.port;
      expanded.set(key, isSame ? target : { ...place, id: idOf(place.host, place.port) });
    }
  }
  return [...expanded.values()];
}

function placesOf(target: TargetConfig, addressesOf: AddressesOf): readonly TargetConfig[] {
  // A drained target has nothing that addresses would be needed for but its own name in reports.
  if (!isName(target.host)) return [target];
  return addressesOf(target.host).map(({ host, port, weight }) => {
    const at = port ?? target.port;
    return {
      ...target,
      host,
      port: at,
      // As in Kong, SRV's weight counts; a target that was drained stays so.
      weight: target.weight === 0 ? 0 : (weight ?? target.weight),
      authority: `${target.host}:${at}`,
    };
  });
}
