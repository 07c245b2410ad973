// Changes of `name=value&…`: of a query, or a form. What is not changed stays as it was written.
import type { Changeable } from "./changes.ts";

export interface NameValues extends Changeable<string> {
  readonly isChanged: boolean;
  toString(): string;
}

interface Pair {
  readonly name: string;
  /** As it is written; undefined for one that is written when it is needed. */
  readonly raw: string | undefined;
  readonly value: string;
}

export function nameValues(text: string): NameValues {
  let list = text === "" ? [] : text.split("&").map(parsePair);
  let isChanged = false;
  const replaceAll = (changed: Pair[]): void => {
    list = changed;
    isChanged = true;
  };
  const without = (name: string): Pair[] => list.filter((pair) => pair.name !== name);
  const written = (name: string, value: string): Pair => ({ name, raw: undefined, value });
  return {
    get isChanged() {
      return isChanged;
    },
    has: (name) => list.some((pair) => pair.name === name),
    remove: (name) => {
      const rest = without(name);
      if (rest.length !== list.length) replaceAll(rest);
    },
    rename: (oldName, newName) =>
      replaceAll(
        without(newName).map((pair) =>
          pair.name === oldName ? written(newName, pair.value) : pair,
        ),
      ),
    set: (name, value) => replaceAll([...without(name), written(name, value)]),
    append: (name, value) => replaceAll([...list, written(name, value)]),
    toString: () => list.map(({ raw, name, value }) => raw ?? write(name, value)).join("&"),
  };
}

function parsePair(raw: string): Pair {
  const [[name = "", value = ""] = []] = new URLSearchParams(raw);
  return { name, raw, value };
}

function write(name: string, value: string): string {
  return `${encode(name)}=${encode(value)}`;
}

/** A half of a surrogate pair is no character, and would throw. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
