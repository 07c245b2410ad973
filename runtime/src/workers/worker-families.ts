// What is counted of each worker by itself.
import { totalOf } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import type { WorkerReport } from "./messages.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface SlotReport {
  readonly slot: Pick<WorkerSlot, "number" | "crashes">;
  readonly report: WorkerReport;
}

export function workerFamilies(reports: readonly SlotReport[]): Family[] {
  const family = (
    name: string,
    type: Family["type"],
    help: string,
    read: (report: SlotReport) => number,
  ): Family => ({
    name,
    type,
    help,
    samples: reports.map((each) => ({ labels: { worker: each.slot.number }, value: read(each) })),
  });
  return [
    family("sluice_worker_requests_total", "counter", "Requests by worker", ({ report }) =>
      totalOf(report.families, "sluice_http_requests_total"),
    ),
    family(
      "sluice_worker_connections",
      "gauge",
      "Open client connections by worker",
      ({ report }) => report.connections,
    ),
    family(
      "sluice_worker_crashes_total",
      "counter",
      "Workers that ended and were started again",
      ({ slot }) => slot.crashes,
    ),
  ];
}
