// A consumer of the config, with its credentials. Keys are never part of a message or of an id.
import { valueNode } from "../document/node.ts";
import type { ConsumerConfig, CredentialConfig } from "../model.ts";
import type { EntityRecord } from "../entities/structure.ts";
import type { ConsumerFields, CredentialFields } from "../schema/consumer.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

export function buildConsumer(
  { record, fields }: Decoded<ConsumerFields>,
  credentials: ReadonlyMap<EntityRecord, readonly CredentialConfig[]>,
  context: BuildContext,
): ConsumerConfig {
  if (["username", "custom_id"].every((key) => valueNode(record.node, key) === undefined)) {
    const message = "expected at least one of username and custom_id";
    context.faults.add(record.path, record.node.offset, message);
  }
  context.registry.claim(record, "custom_id", fields.custom_id);
  return {
    id: context.registry.idOf(record),
    username: fields.username,
    customId: fields.custom_id,
    credentials: credentials.get(record) ?? [],
    tags: fields.tags,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

const COLLECTION = "keyauth_credentials";

/** The credentials by the consumer that they belong to. */
export function buildCredentials(
  credentials: readonly Decoded<CredentialFields>[],
  context: BuildContext,
): ReadonlyMap<EntityRecord, readonly CredentialConfig[]> {
  const byConsumer = new Map<EntityRecord, CredentialConfig[]>();
  for (const { record, fields } of credentials) {
    context.registry.claim(record, "key", fields.key, { isSecret: true });
    const consumer = context.registry.resolve(record, "consumer");
    if (consumer.kind === "absent") {
      addFieldFault(
        context,
        record,
        "consumer",
        "missing: expected the username or id of a consumer",
      );
    }
    if (consumer.kind !== "found") continue;
    const siblings = byConsumer.get(consumer.record) ?? [];
    byConsumer.set(consumer.record, siblings);
    const id = context.registry.idOf(record, consumer.id, COLLECTION, String(siblings.length));
    siblings.push({ id, collection: COLLECTION, key: fields.key });
  }
  return byConsumer;
}
