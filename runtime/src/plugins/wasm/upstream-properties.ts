// The properties by which a plugin chooses where a request goes.
import { Fault, Property } from "@sluice/plugin-sdk/abi";
import type { PluginGrants } from "../../config/model.ts";
import type { Exchange } from "../../exchange.ts";
import { chosenTarget } from "../../upstream-choice.ts";

/** Undefined when there is nothing to say, or the property is another one. */
export function readUpstreamProperty(
  { upstreamChoice, tries }: Exchange,
  property: number,
): string | undefined {
  if (property === Property.upstream) return upstreamChoice?.name;
  if (property !== Property.target) return undefined;
  return tries?.at(-1)?.target.address ?? upstreamChoice?.target;
}

/** Chooses an upstream or a target; undefined for another property. */
export function setUpstreamProperty(
  exchange: Exchange,
  property: number,
  value: string,
  grants: PluginGrants | undefined,
): number | undefined {
  if (property !== Property.upstream && property !== Property.target) return undefined;
  // An app in this process is not asked over any socket.
  if (exchange.route?.service?.config.protocol === "app") return Fault.denied;
  const lower = value.toLowerCase();
  if (property === Property.target && grants?.targets.includes(lower) !== true) {
    return chosenTarget(lower) === undefined ? Fault.badValue : Fault.denied;
  }
  const choice =
    property === Property.target ? chosenTarget(lower) : exchange.snapshot?.upstream(lower);
  if (choice === undefined) return Fault.badValue;
  exchange.upstreamChoice = choice;
  return 0;
}
