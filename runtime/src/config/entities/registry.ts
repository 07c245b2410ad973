// All entities by id and by name: duplicates, and references between entities.
import { childPath, quote } from "../faults.ts";
import type { FaultLog } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { describeNode, textOf, valueNode } from "../document/node.ts";
import type { ConfigNode, MappingNode } from "../document/node.ts";
import { isUuid, stableId } from "../stable-id.ts";
import type { EntityKind, EntityRecord } from "./structure.ts";

/** Kinds that others refer to; also the key of the reference in the entities that refer. */
export type ReferredKind = Extract<EntityKind, "service" | "route" | "upstream" | "consumer">;

const NAME_FIELDS: Readonly<Record<ReferredKind, string>> = {
  service: "name",
  route: "name",
  upstream: "name",
  consumer: "username",
};

/** What a reference leads to. `absent`: none was given; `broken`: a fault was logged. */
export type Reference =
  | { readonly kind: "found"; readonly id: string; readonly record: EntityRecord }
  | { readonly kind: "absent" }
  | { readonly kind: "broken" };

export class Registry {
  readonly #faults: FaultLog;
  readonly #seen = new Map<string, EntityRecord>();
  readonly #names = new Map<ReferredKind, Map<string, EntityRecord>>();

  constructor(records: readonly EntityRecord[], faults: FaultLog) {
    this.#faults = faults;
    for (const record of records) this.#register(record);
  }

  /** The id that the config gives, else one that depends on the name, else on the place in the file. */
  idOf(record: EntityRecord, ...identity: readonly string[]): string {
    const given = textOf(record.node, "id");
    if (given !== undefined && isUuid(given)) return given.toLowerCase();
    if (identity.length > 0) return stableId(record.kind, ...identity);
    const name = isReferred(record.kind) ? nameOf(record, record.kind) : undefined;
    if (name !== undefined) return stableId(record.kind, "name", name);
    return stableId(record.kind, "position", record.path);
  }

  /** The entity of the same kind that was first to have the value, if another one was. */
  firstWith(record: EntityRecord, field: string, value: string): EntityRecord | undefined {
    const key = keyOf(record.collection ?? record.kind, field, value);
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, record);
    return first;
  }

  /** Claims a value that no two entities of the kind may share. Undefined values are free. */
  claim(
    record: EntityRecord,
    field: string,
    value: string | undefined,
    options?: { readonly isSecret: boolean },
  ): void {
    if (value === undefined) return;
    const first = this.firstWith(record, field, value);
    if (first === undefined) return;
    const node = valueNode(record.node, field) ?? record.node;
    const shown = options?.isSecret === true ? "this one" : quote(value);
    const article = /^[aeiou]/.test(field) ? "an" : "a";
    const message = `expected ${article} ${field} of its own: ${shown} is also that of ${first.path}`;
    this.#faults.add(childPath(record.path, field), node.offset, message);
  }

  /** The entity of a kind that the record belongs to, by nesting or by a reference. */
  resolve(record: EntityRecord, kind: ReferredKind): Reference {
    const node = valueNode(record.node, kind);
    const path = childPath(record.path, kind);
    const { parent } = record;
    if (parent?.kind !== kind) {
      return node === undefined ? { kind: "absent" } : this.#lookUp(node, path, kind);
    }
    if (node === undefined) return { kind: "found", id: this.idOf(parent), record: parent };
    const message = `expected no ${kind} here: this ${record.kind} belongs to ${parent.path}`;
    this.#faults.add(path, node.offset, message);
    return { kind: "broken" };
  }

  /** A reference that stands deeper than the entity's own fields: in this mapping, which is at the path. */
  resolveWithin(mapping: MappingNode, path: string, kind: ReferredKind): Reference {
    const node = valueNode(mapping, kind);
    return node === undefined
      ? { kind: "absent" }
      : this.#lookUp(node, childPath(path, kind), kind);
  }

  #lookUp(node: ConfigNode, path: string, kind: ReferredKind): Reference {
    const wanted = referenceText(node, NAME_FIELDS[kind]);
    if (wanted === undefined) {
      const expected = `expected the name or id of a ${kind}, as a string or as {${NAME_FIELDS[kind]}: …} or {id: …}`;
      this.#faults.add(path, node.offset, `${expected}, got ${describeNode(node)}`);
      return { kind: "broken" };
    }
    const names = this.#names.get(kind);
    const byId = this.#seen.get(keyOf(kind, "id", wanted.toLowerCase()));
    const record = byId ?? names?.get(wanted);
    if (record !== undefined) return { kind: "found", id: this.idOf(record), record };
    const hint = suggestion(wanted, names?.keys() ?? []);
    this.#faults.add(path, node.offset, `there is no ${kind} ${quote(wanted)}${hint}`);
    return { kind: "broken" };
  }

  #register(record: EntityRecord): void {
    this.claim(record, "id", textOf(record.node, "id")?.toLowerCase());
    if (!isReferred(record.kind)) return;
    const name = nameOf(record, record.kind);
    if (name === undefined) return;
    this.claim(record, NAME_FIELDS[record.kind], name);
    const names = this.#names.get(record.kind) ?? new Map<string, EntityRecord>();
    if (!names.has(name)) names.set(name, record);
    this.#names.set(record.kind, names);
  }
}

function keyOf(kind: string, field: string, value: string): string {
  return JSON.stringify([kind, field, value]);
}

function isReferred(kind: EntityKind): kind is ReferredKind {
  return Object.hasOwn(NAME_FIELDS, kind);
}

function nameOf(record: EntityRecord, kind: ReferredKind): string | undefined {
  return textOf(record.node, NAME_FIELDS[kind]);
}

function referenceText(node: ConfigNode, nameField: string): string | undefined {
  if (node.kind === "scalar") return typeof node.value === "string" ? node.value : undefined;
  if (node.kind === "list" || node.entries.size !== 1) return undefined;
  return textOf(node, nameField) ?? textOf(node, "id");
}
