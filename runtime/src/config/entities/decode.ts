// One entity's own keys, checked by its zod schema; every issue becomes a fault at its place in the file.
import { z } from "zod";
import { childPath } from "../faults.ts";
import type { FaultLog } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { describeNode, isUnset, plainValue } from "../document/node.ts";
import type { ConfigNode, MappingNode } from "../document/node.ts";

export interface DecodeTarget {
  /** For messages, such as `a route`. */
  readonly what: string;
  readonly path: string;
  readonly node: MappingNode;
  /** Keys that the schema does not know but that may stand here. */
  readonly otherKeys: readonly string[];
  /** Values are credentials: no message shows them. */
  readonly isSecret: boolean;
}

/**
 * The fields with defaults filled in. Faulty keys are logged and left out, so that checks of the others go on;
 * undefined when nothing useful is left.
 */
export function decode<Fields>(
  schema: z.ZodType<Fields>,
  target: DecodeTarget,
  faults: FaultLog,
): Fields | undefined {
  const result = schema.safeParse(plainValue(target.node));
  if (result.success) return result.data;
  const faultyKeys = new Set<unknown>();
  for (const issue of result.error.issues) {
    const isUnknownKey = issue.code === "unrecognized_keys";
    if (isUnknownKey) reportUnknownKeys(schema, target, issue, faults);
    else reportIssue(target, issue, faults);
    const [key] = issue.path;
    for (const faulty of isUnknownKey && key === undefined ? issue.keys : [key]) {
      faultyKeys.add(faulty);
    }
  }
  const others = [...target.node.entries].filter(([key]) => !faultyKeys.has(key));
  return schema.safeParse(plainValue({ ...target.node, entries: new Map(others) })).data;
}

function reportIssue(target: DecodeTarget, issue: z.core.$ZodIssue, faults: FaultLog): void {
  const { path, node, isMissing } = locate(target, issue.path);
  const expected = expectation(issue);
  const isSecret = target.isSecret || (node.kind === "scalar" && node.isSecret === true);
  const showsValue = !isSecret && (node.kind === "scalar" || issue.code === "invalid_type");
  const got = showsValue ? `, got ${describeNode(node)}` : "";
  faults.add(path, node.offset, isMissing ? `missing: ${expected}` : `${expected}${got}`);
}

interface Place {
  readonly path: string;
  /** The node itself, or the nearest one around it when it is missing. */
  readonly node: ConfigNode;
  readonly isMissing: boolean;
}

function locate(target: DecodeTarget, segments: readonly PropertyKey[]): Place {
  let node: ConfigNode = target.node;
  let path = target.path;
  let isMissing = false;
  for (const segment of segments) {
    // zod's paths hold keys and indexes only.
    path = childPath(path, typeof segment === "number" ? segment : String(segment));
    const child: ConfigNode | undefined = childOf(node, segment);
    // In a mapping null leaves a key out; in a list it is a value.
    isMissing = child === undefined || (node.kind === "mapping" && isUnset(child));
    if (child === undefined || isMissing) break;
    node = child;
  }
  return { path, node, isMissing };
}

function childOf(node: ConfigNode, segment: PropertyKey): ConfigNode | undefined {
  switch (node.kind) {
    case "mapping":
      return node.entries.get(String(segment))?.value;
    case "list":
      return node.items[Number(segment)];
    case "scalar":
      return undefined;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  int: "an integer",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** The schemas bring their own messages along, except for plain types and empty values. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith("expected")) return issue.message;
  if (issue.code === "invalid_type") return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === "too_small") {
    return issue.origin === "array"
      ? "expected a list that is not empty"
      : "expected a string that is not empty";
  }
  return issue.message;
}

function reportUnknownKeys(
  schema: z.ZodType,
  target: DecodeTarget,
  issue: z.core.$ZodIssueUnrecognizedKeys,
  faults: FaultLog,
): void {
  const place = locate(target, issue.path);
  const isTop = issue.path.length === 0;
  const known = [...keysOf(schema, issue.path), ...(isTop ? target.otherKeys : [])];
  const where = isTop ? ` of ${target.what}` : "";
  for (const key of issue.keys) {
    const entry = place.node.kind === "mapping" ? place.node.entries.get(key) : undefined;
    const offset = entry?.keyOffset ?? place.node.offset;
    faults.add(childPath(place.path, key), offset, `unknown key${where}${suggestion(key, known)}`);
  }
}

function keysOf(schema: z.ZodType, segments: readonly PropertyKey[]): readonly string[] {
  let current: unknown = schema;
  for (const segment of [...segments, undefined]) {
    while (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodPrefault
    ) {
      current = current.unwrap();
    }
    if (!(current instanceof z.ZodObject)) return [];
    if (segment === undefined) return Object.keys(current.shape);
    current = current.shape[String(segment)];
  }
  return [];
}
