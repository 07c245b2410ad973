// What is counted of each worker by itself.
import { familiesOf, totalOf } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import type { WorkerReport } from "./messages.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface SlotReport {
  readonly slot: Pick<WorkerSlot, "number" | "crashes">;
  readonly report: WorkerReport;
}

export function workerFamilies(reports: readonly SlotReport[]): Family[] {
  const family = familiesOf(reports, ({ slot }) => ({ worker: slot.number }));
  return [
    family("counter", "sluice_worker_requests_total", "Requests by worker", ({ report }) =>
      totalOf(report.families, "sluice_http_requests_total"),
    ),
    family(
      "gauge",
      "sluice_worker_connections",
      "Open client connections by worker",
      ({ report }) => report.connections,
    ),
    family(
      "counter",
      "sluice_worker_crashes_total",
      "Workers that ended and were started again",
      ({ slot }) => slot.crashes,
    ),
  ];
}
