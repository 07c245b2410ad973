// Every host function of the ABI, as the emulated gateway has it.
import type { HostFunction } from "../../abi.ts";
import { bodyFunctions } from "./bodies.ts";
import { consumerFunctions } from "./consumers.ts";
import { fetchFunctions } from "./fetch.ts";
import { fieldFunctions } from "./fields.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";
import { processFunctions, recordFunctions } from "./process.ts";
import { quotaFunctions } from "./quotas.ts";
import { redisFunctions } from "./redis.ts";
import { requestFunctions } from "./request.ts";
import { sinkFunctions } from "./sinks.ts";
import {
  cryptoFunctions,
  metricFunctions,
  secretFunctions,
  traceFunctions,
  urlFunctions,
} from "./services.ts";
import { sharedFunctions, storeFunctions } from "./store.ts";
import { waitingFunctions } from "./waiting.ts";

export function hostFunctions(context: GuestContext): HostFunctions<HostFunction> {
  return {
    ...fieldFunctions(context),
    ...requestFunctions(context),
    ...consumerFunctions(context),
    ...recordFunctions(context),
    ...processFunctions(context),
    ...sinkFunctions(context),
    ...storeFunctions(context),
    ...sharedFunctions(context),
    ...secretFunctions(context),
    ...cryptoFunctions(context),
    ...urlFunctions(context),
    ...metricFunctions(context),
    ...traceFunctions(context),
    ...bodyFunctions(context),
    ...fetchFunctions(context),
    ...redisFunctions(context),
    ...quotaFunctions(context),
    ...waitingFunctions(context),
  };
}
