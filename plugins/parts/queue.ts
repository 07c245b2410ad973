// Kong's `queue` fields, as the plugins have them that send something somewhere; `openSink` takes them as they are.
import { s } from "@sluice/plugin-sdk";

/** The default of `max_batch_size` is Kong's, 1, unless the plugin has another one. */
export function queueFields(maxBatchSize: number = 1) {
  const retryDelay = s.number().min(0.001).max(1_000_000);
  return s
    .object({
      max_batch_size: s.integer().min(1).max(1_000_000).default(maxBatchSize),
      max_coalescing_delay: s.number().min(0).max(3600).default(1).describe("Seconds."),
      max_entries: s.integer().min(1).max(1_000_000).default(10_000),
      max_bytes: s.integer().min(1).optional().describe("64 MiB when it is not there."),
      max_retry_time: s.number().min(-1).max(1_000_000).default(60).describe("Seconds."),
      initial_retry_delay: retryDelay.default(0.01).describe("Seconds."),
      max_retry_delay: retryDelay.default(60).describe("Seconds."),
      concurrency_limit: s.union([s.literal(1), s.literal(-1)]).default(1),
      dead_letter_path: s
        .string()
        .nonEmpty()
        .max(4096)
        .optional()
        .describe("A file that keeps what is given up."),
      dead_letter_max_bytes: s.integer().min(1).default(104_857_600),
    })
    .default({});
}
