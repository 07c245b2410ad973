// Kong's `consumer_identifier`: what a consumer is called in metrics.
import { s } from "@sluice/plugin-sdk";
import type { Infer, LogContext } from "@sluice/plugin-sdk";

export const consumerIdentifierField = s.enum(["consumer_id", "custom_id", "username"]);

export type ConsumerIdentifier = Infer<typeof consumerIdentifierField>;

/** Undefined when there is no consumer, or it has nothing of the kind. */
export function identifiedConsumer(
  { consumers: { current } }: LogContext,
  by: ConsumerIdentifier,
): string | undefined {
  switch (by) {
    case "consumer_id":
      return current?.id;
    case "custom_id":
      return current?.customId;
    case "username":
      return current?.username;
  }
}
