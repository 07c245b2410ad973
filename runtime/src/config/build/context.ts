// What building an entity needs besides its own fields.
import type { EntityRecord } from "../entities/structure.ts";
import type { Registry } from "../entities/registry.ts";
import { childPath } from "../faults.ts";
import type { FaultLog } from "../faults.ts";
import { valueNode } from "../document/node.ts";
import type { PluginCatalog } from "../model.ts";
import type { FormatVersion } from "../schema/root.ts";
import type { SecretVault } from "../../secrets/vault.ts";

export interface BuildContext {
  readonly faults: FaultLog;
  readonly registry: Registry;
  readonly formatVersion: FormatVersion;
  /** The config file; modules are found relative to its folder. */
  readonly file: string;
  readonly plugins: PluginCatalog;
  readonly secrets: SecretVault;
}

/** An entity whose own fields are in order. */
export interface Decoded<Fields> {
  readonly record: EntityRecord;
  readonly fields: Fields;
}

/** Logs a fault of one field, at the field when it is there and at its entity when it is not. */
export function addFieldFault(
  context: BuildContext,
  record: EntityRecord,
  field: string,
  message: string,
): void {
  const node = valueNode(record.node, field) ?? record.node;
  context.faults.add(childPath(record.path, field), node.offset, message);
}
