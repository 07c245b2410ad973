// Every host function of the ABI, bound to one instance.
import { bodyFunctions } from "./body-functions.ts";
import { cryptoFunctions } from "./crypto-functions.ts";
import { decisionFunctions, spoiling } from "./decisions/decision-functions.ts";
import type { PhaseDecisions } from "./decisions/decisions.ts";
import { fetchFunctions } from "./fetch-functions.ts";
import { fieldFunctions } from "./field-functions.ts";
import { fillFunctions } from "./fill-functions.ts";
import { consumerFunctions, processFunctions, recordFunctions } from "./gateway-functions.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import { logFunctions } from "./log-functions.ts";
import { metricFunctions } from "./metric-functions.ts";
import { OpenQuotas } from "./open-quotas.ts";
import type { PendingCalls } from "./pending-calls.ts";
import { propertyFunctions } from "./property-functions.ts";
import { quotaFunctions } from "./quota-functions.ts";
import { redisFunctions } from "./redis-functions.ts";
import { secretFunctions, sharedFunctions } from "./request-services.ts";
import { sinkFunctions } from "./sink-functions.ts";
import type { OpenSinks } from "./sink-functions.ts";
import { storeFunctions } from "./store-functions.ts";
import type { Timers } from "./timers.ts";
import { traceFunctions } from "./trace-functions.ts";
import { waitingFunctions } from "./waiting-functions.ts";

export interface HostFunctionOptions extends GatewayFunctionOptions {
  /** By entry; none for those whose decisions are never repeated. */
  readonly decisions: readonly (PhaseDecisions | undefined)[];
  readonly pending: PendingCalls;
  readonly timers: Timers;
  readonly sinks: OpenSinks;
  /** Bytes of bodies were copied into the guest's memory. */
  readonly onBodyBytes: (count: number) => void;
  /** A phase of a request that waited has its verdict. */
  readonly settle: (request: number, verdict: number) => boolean;
}

export function hostFunctions(
  options: HostFunctionOptions,
): Record<string, (...parameters: number[]) => number> {
  const { plugin, memory, call, entries, decisions, pending, timers, settle } = options;
  const quotas = new OpenQuotas();
  const functions = {
    ...decisionFunctions(call, decisions),
    ...fieldFunctions(memory, call, entries),
    ...fillFunctions(options, quotas),
    ...propertyFunctions(plugin, memory, call, entries),
    ...consumerFunctions(options),
    ...recordFunctions(options),
    ...storeFunctions(options),
    ...quotaFunctions(options, quotas),
    ...sharedFunctions(options),
    ...secretFunctions(options),
    ...cryptoFunctions(options),
    ...metricFunctions(options),
    ...traceFunctions(options),
    ...logFunctions(options),
    ...sinkFunctions(options, options.sinks),
    ...processFunctions(options),
    ...bodyFunctions({ plugin, memory, call, pending, onBytes: options.onBodyBytes }),
    ...fetchFunctions(options),
    ...redisFunctions(options),
    ...waitingFunctions({ memory, call, pending, timers, settle }),
  };
  return spoiling(functions, call);
}
