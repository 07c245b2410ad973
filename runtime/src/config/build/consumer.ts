// A consumer of the config, with its credentials and groups. Secrets are never part of a message or of an id.
import { textOf, valueNode } from "../document/node.ts";
import type { ConsumerConfig, CredentialConfig } from "../model.ts";
import type { EntityRecord } from "../entities/structure.ts";
import type { ConsumerFields } from "../schema/consumer.ts";
import { CREDENTIAL_COLLECTIONS } from "../schema/credentials.ts";
import type { AclFields, CredentialFields } from "../schema/credentials.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

/** What belongs to consumers, by the consumer's record. */
export interface ConsumerParts {
  readonly credentials: ReadonlyMap<EntityRecord, readonly CredentialConfig[]>;
  readonly groups: ReadonlyMap<EntityRecord, readonly string[]>;
}

export function buildConsumer(
  { record, fields }: Decoded<ConsumerFields>,
  { credentials, groups }: ConsumerParts,
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
    groups: groups.get(record) ?? [],
    tags: fields.tags,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

/** The credentials by the consumer that they belong to. */
export function buildCredentials(
  decoded: readonly Decoded<CredentialFields>[],
  context: BuildContext,
): ReadonlyMap<EntityRecord, readonly CredentialConfig[]> {
  const byConsumer = new Map<EntityRecord, CredentialConfig[]>();
  for (const { record, fields } of decoded) {
    const name = record.collection ?? "";
    const collection = CREDENTIAL_COLLECTIONS[name];
    if (collection === undefined) continue;
    const key = textOf(record.node, collection.key) ?? "";
    context.registry.claim(record, collection.key, key, { isSecret: true });
    const owner = ownerOf(record, context);
    if (owner === undefined) continue;
    const siblings = byConsumer.get(owner.record) ?? [];
    byConsumer.set(owner.record, siblings);
    const at = siblings.filter((each) => each.collection === name).length;
    const id = context.registry.idOf(record, owner.id, name, String(at));
    const identifier = collection.identifier === undefined ? id : key;
    const kept = collection.keep(fields, owner.id);
    siblings.push({ id, collection: name, key, identifier, fields: kept });
  }
  return byConsumer;
}

/** Kong's acls: the names of groups by consumer, each once. */
export function buildGroups(
  decoded: readonly Decoded<AclFields>[],
  context: BuildContext,
): ReadonlyMap<EntityRecord, readonly string[]> {
  const byConsumer = new Map<EntityRecord, string[]>();
  for (const { record, fields } of decoded) {
    const owner = ownerOf(record, context);
    if (owner === undefined) continue;
    const groups = byConsumer.get(owner.record) ?? [];
    byConsumer.set(owner.record, groups);
    if (!groups.includes(fields.group)) groups.push(fields.group);
    else addFieldFault(context, record, "group", "the consumer is in this group already");
  }
  return byConsumer;
}

/** Undefined when a fault was logged. */
function ownerOf(
  record: EntityRecord,
  context: BuildContext,
): { readonly id: string; readonly record: EntityRecord } | undefined {
  const consumer = context.registry.resolve(record, "consumer");
  if (consumer.kind === "found") return consumer;
  if (consumer.kind === "absent") {
    const message = "missing: expected the username or id of a consumer";
    addFieldFault(context, record, "consumer", message);
  }
  return undefined;
}
