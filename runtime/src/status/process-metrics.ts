// Prometheus' usual names for what every process has, however many threads it runs.
import type { Family } from "./families.ts";

export function processMetrics(): Family[] {
  const { user, system } = process.cpuUsage();
  const family = (name: string, type: Family["type"], help: string, value: number): Family => ({
    name,
    type,
    help,
    samples: [{ labels: {}, value }],
  });
  return [
    family(
      "process_start_time_seconds",
      "gauge",
      "Start of the process since 1970",
      Math.round(performance.timeOrigin / 1000),
    ),
    family("process_resident_memory_bytes", "gauge", "Resident memory", process.memoryUsage.rss()),
    family("process_cpu_seconds_total", "counter", "User and system time", (user + system) / 1e6),
  ];
}
