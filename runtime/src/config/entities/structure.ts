// Where entities stand in the file: collections at the top and nested in the entities that they belong to.
import { childPath } from "../faults.ts";
import type { FaultLog } from "../faults.ts";
import { describeNode, isUnset } from "../document/node.ts";
import type { ConfigNode, MappingNode } from "../document/node.ts";
import { CREDENTIAL_COLLECTIONS } from "../schema/credentials.ts";

export type EntityKind =
  | "service"
  | "route"
  | "upstream"
  | "target"
  | "consumer"
  | "credential"
  | "acl"
  | "plugin";

export interface EntityRecord {
  readonly kind: EntityKind;
  readonly path: string;
  /** The entity's own keys, without the collections nested in it. */
  readonly node: MappingNode;
  /** The entity that it is nested in. */
  readonly parent: EntityRecord | undefined;
  /** Of a credential, the name of its collection. */
  readonly collection?: string;
}

type Collections = Readonly<Record<string, EntityKind>>;

const OF_CONSUMERS: Collections = {
  ...Object.fromEntries(
    Object.keys(CREDENTIAL_COLLECTIONS).map((name) => [name, "credential" as const]),
  ),
  acls: "acl",
};

const TOP: Collections = {
  services: "service",
  routes: "route",
  upstreams: "upstream",
  targets: "target",
  consumers: "consumer",
  ...OF_CONSUMERS,
  plugins: "plugin",
};

const NESTED: Readonly<Record<EntityKind, Collections>> = {
  service: { routes: "route", plugins: "plugin" },
  route: { plugins: "plugin" },
  upstream: { targets: "target" },
  consumer: { ...OF_CONSUMERS, plugins: "plugin" },
  target: {},
  credential: {},
  acl: {},
  plugin: {},
};

/** Keys that hold nested entities, in an entity or at the top. */
export function collectionsOf(kind: EntityKind | undefined): readonly string[] {
  return Object.keys(kind === undefined ? TOP : NESTED[kind]);
}

/** All entities of a document in the order of the file, and what is left of the document's root. */
export function gatherEntities(
  root: MappingNode,
  faults: FaultLog,
): { readonly root: MappingNode; readonly records: readonly EntityRecord[] } {
  const gatherer = new Gatherer(faults);
  const own = gatherer.gather(root, "", TOP, undefined);
  return { root: own, records: gatherer.records };
}

class Gatherer {
  readonly records: EntityRecord[] = [];
  readonly #faults: FaultLog;

  constructor(faults: FaultLog) {
    this.#faults = faults;
  }

  /** Adds the entities of the mapping's collections; returns the mapping without those. */
  gather(
    mapping: MappingNode,
    path: string,
    collections: Collections,
    owner: EntityRecord | undefined,
  ): MappingNode {
    for (const [name, kind] of Object.entries(collections)) {
      const list = mapping.entries.get(name)?.value;
      if (list !== undefined) this.#addAll(list, childPath(path, name), kind, owner, name);
    }
    const own = [...mapping.entries].filter(([key]) => !Object.hasOwn(collections, key));
    return { ...mapping, entries: new Map(own) };
  }

  #addAll(
    list: ConfigNode,
    path: string,
    kind: EntityKind,
    parent: EntityRecord | undefined,
    collection: string,
  ): void {
    if (isUnset(list)) return;
    if (list.kind !== "list") {
      const got = kind === "credential" ? "" : `, got ${describeNode(list)}`;
      this.#faults.add(path, list.offset, `expected a list of ${kind}s${got}`);
      return;
    }
    for (const [index, item] of list.items.entries()) {
      this.#add(item, childPath(path, index), kind, parent, collection);
    }
  }

  #add(
    item: ConfigNode,
    path: string,
    kind: EntityKind,
    parent: EntityRecord | undefined,
    collection: string,
  ): void {
    if (item.kind !== "mapping") {
      const got = kind === "credential" ? "" : `, got ${describeNode(item)}`;
      this.#faults.add(path, item.offset, `expected a mapping with the keys of a ${kind}${got}`);
      return;
    }
    const own = [...item.entries].filter(([key]) => !Object.hasOwn(NESTED[kind], key));
    const node = { ...item, entries: new Map(own) };
    const record = { kind, path, node, parent, ...(kind === "credential" && { collection }) };
    this.records.push(record);
    this.gather(item, path, NESTED[kind], record);
  }
}
