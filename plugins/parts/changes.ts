// Kong's five kinds of changes, in their order: remove, rename, replace, add, append. The same for headers, arguments and
// members of a body.
import { ConfigError, s } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import type { Template } from "./templates.ts";

/** Names and values as Kong writes them: `name:value`. */
const PAIR = /^[^:]+:[\s\S]*$/;

export const names = s.array(s.string().nonEmpty()).default([]);
export const pairs = s.array(s.string().pattern(PAIR)).default([]);

export interface Change<Value> {
  readonly name: string;
  readonly value: Value;
}

export interface Changes<Value> {
  readonly remove: readonly string[];
  /** The value is the new name. */
  readonly rename: readonly Change<string>[];
  readonly replace: readonly Change<Value>[];
  readonly add: readonly Change<Value>[];
  readonly append: readonly Change<Value>[];
}

/** Lists of each kind of change, by what they are of. */
export type Given<Of extends string> = Readonly<
  Record<keyof Changes<never>, Readonly<Record<Of, readonly string[]>>>
>;

export interface ChangeOptions<Of extends string, Value> {
  /** What it is of, such as `headers`: the last part of the config's path. */
  readonly of: Of;
  /** Checks a name; throws ConfigError. */
  readonly checkName?: (name: string, path: string) => void;
  /** Makes a value of its text, which stands at that place of that list. Undefined leaves the change out. */
  readonly compile: (text: string, at: ValuePlace) => Value | undefined;
}

export interface ValuePlace {
  readonly kind: "replace" | "add" | "append";
  readonly index: number;
  /** Of the config. */
  readonly path: string;
}

/** Undefined when there are none. Throws ConfigError. */
export function compileChanges<Of extends string, Value>(
  given: Given<Of>,
  { of, checkName, compile }: ChangeOptions<Of, Value>,
): Changes<Value> | undefined {
  const { remove, rename, replace, add, append } = given;
  if ([remove, rename, replace, add, append].every((lists) => lists[of].length === 0)) {
    return undefined;
  }
  const valued = (kind: ValuePlace["kind"]): Change<Value>[] =>
    given[kind][of].flatMap((entry, index) => {
      const path = `${kind}.${of}[${index}]`;
      const { name, value: text } = splitPair(entry);
      checkName?.(name, path);
      // A name alone says nothing, as in Kong.
      const value = text === "" ? undefined : compile(text, { kind, index, path });
      return value === undefined ? [] : [{ name, value }];
    });
  remove[of].forEach((name, index) => checkName?.(name, `remove.${of}[${index}]`));
  const renamed = rename[of].map((entry, index) => {
    const path = `rename.${of}[${index}]`;
    const { name, value } = splitPair(entry);
    if (value === "") throw new ConfigError(`"${entry}" has no new name`, path);
    checkName?.(name, path);
    checkName?.(value, path);
    return { name, value };
  });
  return {
    remove: remove[of],
    rename: renamed,
    replace: valued("replace"),
    add: valued("add"),
    append: valued("append"),
  };
}

function splitPair(entry: string): Change<string> {
  const [, name = entry, value = ""] = /^([^:]+):*([\s\S]*)$/.exec(entry) ?? [];
  return { name, value };
}

/** The changes for one request, from what it is before any of them. */
export function renderChanges(changes: Changes<Template>, ctx: RequestContext): Changes<string> {
  const render = (list: readonly Change<Template>[]): Change<string>[] =>
    list.map(({ name, value }) => ({ name, value: value.constant ?? value.render(ctx) }));
  return {
    remove: changes.remove,
    rename: changes.rename,
    replace: render(changes.replace),
    add: render(changes.add),
    append: render(changes.append),
  };
}

/** Something with values by name: what changes are made to. */
export interface Changeable<Value> {
  has(name: string): boolean;
  remove(name: string): void;
  /** Only when it has the old name; takes the place of what has the new one. */
  rename(oldName: string, newName: string): void;
  set(name: string, value: Value): void;
  append(name: string, value: Value): void;
}

export function applyChanges<Value>(target: Changeable<Value>, changes: Changes<Value>): void {
  for (const name of changes.remove) target.remove(name);
  for (const { name, value } of changes.rename) if (target.has(name)) target.rename(name, value);
  for (const { name, value } of changes.replace) if (target.has(name)) target.set(name, value);
  for (const { name, value } of changes.add) if (!target.has(name)) target.set(name, value);
  for (const { name, value } of changes.append) target.append(name, value);
}
