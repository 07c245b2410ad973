// Checks the config of a plugin entry against the JSON Schema in the plugin's manifest and fills in defaults.
// The part of JSON Schema 2020-12 that the SDK's `s` emits, on nodes that know their place in the file.
import { childPath } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { isUnset, nodeOf, plainValue } from "../document/node.ts";
import type { ConfigNode, ListNode, MappingNode, PlainValue } from "../document/node.ts";
import { checkNumber, checkString, checkType, checkValues } from "./keywords.ts";
import { asSchema, numberOf, schemaOf, schemasOf, textsOf } from "./schema.ts";
import type { JsonSchema } from "./schema.ts";

export type Report = (path: string, offset: number, message: string) => void;

export interface SchemaPlace {
  readonly path: string;
  /** Some schema on the way says writeOnly: no message shows the value. */
  readonly isSecret: boolean;
}

export class SchemaChecker {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The value with defaults filled in, or undefined when faults were reported. */
  check(node: ConfigNode, schema: JsonSchema, outer: SchemaPlace): PlainValue | undefined {
    const comesFromVault = node.kind === "scalar" && node.isSecret === true;
    const isSecret = outer.isSecret || schema["writeOnly"] === true || comesFromVault;
    const place = { ...outer, isSecret };
    const fault = checkType(node, schema, place) ?? checkValues(node, schema, place);
    if (fault !== undefined) {
      this.#report(place.path, node.offset, fault);
      return undefined;
    }
    const value = this.#checkByKind(node, schema, place);
    return this.#checkAlternatives(node, schema, place, value);
  }

  #checkByKind(node: ConfigNode, schema: JsonSchema, place: SchemaPlace): PlainValue | undefined {
    if (node.kind === "mapping") return this.#mapping(node, schema, place);
    if (node.kind === "list") return this.#list(node, schema, place);
    const fault = checkString(node, schema, place) ?? checkNumber(node, schema, place);
    if (fault === undefined) return node.value;
    this.#report(place.path, node.offset, fault);
    return undefined;
  }

  #mapping(node: MappingNode, schema: JsonSchema, place: SchemaPlace): PlainValue | undefined {
    const properties = schemaOf(schema["properties"]) ?? {};
    const values = new Map<string, PlainValue>();
    let isClear = this.#checkRequired(node, schema, place);
    for (const [key, entry] of node.entries) {
      // null is Kong's way of leaving a key out.
      const isKnown = Object.hasOwn(properties, key);
      if (isKnown && isUnset(entry.value)) continue;
      const child = isKnown
        ? asSchema(properties[key])
        : asSchema(schema["additionalProperties"] ?? true);
      if (child === undefined) {
        const hint = suggestion(key, Object.keys(properties));
        this.#report(childPath(place.path, key), entry.keyOffset, `unknown key${hint}`);
        isClear = false;
        continue;
      }
      const value = this.check(entry.value, child, { ...place, path: childPath(place.path, key) });
      if (value === undefined) isClear = false;
      else values.set(key, value);
    }
    isClear = this.#fillDefaults(node, properties, place, values) && isClear;
    return isClear ? Object.fromEntries(values) : undefined;
  }

  #checkRequired(node: MappingNode, schema: JsonSchema, place: SchemaPlace): boolean {
    const properties = schemaOf(schema["properties"]) ?? {};
    const missing = textsOf(schema["required"]).filter((key) => {
      const hasDefault = asSchema(properties[key])?.["default"] !== undefined;
      return !hasDefault && isUnset(node.entries.get(key)?.value);
    });
    for (const key of missing) {
      this.#report(childPath(place.path, key), node.offset, "missing: this key is required");
    }
    return missing.length === 0;
  }

  /** A default is checked like a given value, so that the defaults in it are filled in, too. */
  #fillDefaults(
    node: MappingNode,
    properties: JsonSchema,
    place: SchemaPlace,
    values: Map<string, PlainValue>,
  ): boolean {
    let isClear = true;
    for (const [key, property] of Object.entries(properties)) {
      const schema = asSchema(property);
      if (schema?.["default"] === undefined || !isUnset(node.entries.get(key)?.value)) continue;
      const given = nodeOf(schema["default"], node.offset);
      const value = this.check(given, schema, { ...place, path: childPath(place.path, key) });
      if (value === undefined) isClear = false;
      else values.set(key, value);
    }
    return isClear;
  }

  #list(node: ListNode, schema: JsonSchema, place: SchemaPlace): PlainValue | undefined {
    const [least, most] = [
      numberOf(schema["minItems"]) ?? 0,
      numberOf(schema["maxItems"]) ?? Infinity,
    ];
    if (node.items.length < least || node.items.length > most) {
      const range = most === Infinity ? `at least ${least}` : `${least} to ${most}`;
      this.#report(place.path, node.offset, `expected ${range} items, got ${node.items.length}`);
      return undefined;
    }
    const itemSchema = asSchema(schema["items"] ?? true) ?? {};
    let isClear = schema["uniqueItems"] !== true || this.#checkUnique(node, place);
    const values: PlainValue[] = [];
    for (const [index, item] of node.items.entries()) {
      const value = this.check(item, itemSchema, { ...place, path: childPath(place.path, index) });
      if (value === undefined) isClear = false;
      else values.push(value);
    }
    return isClear ? values : undefined;
  }

  #checkUnique(node: ListNode, place: SchemaPlace): boolean {
    const seen = new Set<string>();
    for (const [index, item] of node.items.entries()) {
      const text = JSON.stringify(plainValue(item));
      if (!seen.has(text)) {
        seen.add(text);
        continue;
      }
      this.#report(
        childPath(place.path, index),
        item.offset,
        "expected an item of its own: it was given before",
      );
      return false;
    }
    return true;
  }

  /** anyOf and oneOf alike: the first alternative that fits counts. */
  #checkAlternatives(
    node: ConfigNode,
    schema: JsonSchema,
    place: SchemaPlace,
    value: PlainValue | undefined,
  ): PlainValue | undefined {
    const alternatives = schemasOf(schema["anyOf"] ?? schema["oneOf"]);
    if (alternatives.length === 0) return value;
    const secretPlace = { ...place, isSecret: place.isSecret || alternatives.some(isWriteOnly) };
    const attempts = alternatives.map((alternative) => attempt(node, alternative, secretPlace));
    const fitting = attempts.find((each) => each.value !== undefined);
    if (fitting !== undefined) return schema["type"] === undefined ? fitting.value : value;
    this.#reportNone(node, alternatives, attempts, place);
    return undefined;
  }

  #reportNone(
    node: ConfigNode,
    alternatives: readonly JsonSchema[],
    attempts: readonly Attempt[],
    place: SchemaPlace,
  ): void {
    const required = alternatives.flatMap((alternative) => textsOf(alternative["required"]));
    const onlyRequires = alternatives.every((each) => Object.keys(each).join() === "required");
    if (onlyRequires) {
      this.#report(place.path, node.offset, `expected at least one of ${required.join(", ")}`);
      return;
    }
    // What comes closest is most likely what was meant.
    const [closest] = attempts.toSorted((one, other) => one.faults.length - other.faults.length);
    for (const fault of closest?.faults ?? []) this.#report(...fault);
  }
}

interface Attempt {
  readonly value: PlainValue | undefined;
  readonly faults: readonly Parameters<Report>[];
}

function attempt(node: ConfigNode, schema: JsonSchema, place: SchemaPlace): Attempt {
  const faults: Parameters<Report>[] = [];
  const checker = new SchemaChecker((...fault) => faults.push(fault));
  return { value: checker.check(node, schema, place), faults };
}

function isWriteOnly(schema: JsonSchema): boolean {
  return schema["writeOnly"] === true;
}
