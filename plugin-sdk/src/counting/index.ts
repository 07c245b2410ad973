// What hosts need to count for plugins: the gateway, the emulator and the fakes of unit tests.
export { MAX_COST, QuotaCounter, isCost, readQuotaDefinition } from "./quota-counter.ts";
export type { Counters, QuotaDefinition, QuotaValue } from "./quota-counter.ts";
export { readTemplate } from "./template.ts";
export type { Placeholder, TemplatePart } from "./template.ts";
