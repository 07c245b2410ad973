// Changes of the members of a JSON object.
import type { Changeable } from "./changes.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

export interface JsonMembers extends Changeable<unknown> {
  /** Something was changed. */
  readonly isChanged: boolean;
}

export interface JsonMembersOptions {
  /** Kong's dots_in_keys: whether `a.b` is one name, or the member `b` of `a`, where `[1]` and `[*]` are items of lists. */
  readonly dotsInKeys: boolean;
}

/** Changes the object in its place. */
export function jsonMembers(root: JsonObject, { dotsInKeys }: JsonMembersOptions): JsonMembers {
  let isChanged = false;
  const placesOf = (path: string): Place[] =>
    dotsInKeys ? [{ owner: root, key: path }] : placesAt(root, path);
  const change = (path: string, run: (place: Place) => void, onlyPresent = false): void => {
    for (const place of placesOf(path)) {
      if (onlyPresent && !Object.hasOwn(place.owner, place.key)) continue;
      run(place);
      isChanged = true;
    }
  };
  return {
    get isChanged() {
      return isChanged;
    },
    has: (path) => placesOf(path).some(({ owner, key }) => Object.hasOwn(owner, key)),
    remove: (path) =>
      change(
        path,
        ({ owner, key }) => {
          delete owner[key];
        },
        true,
      ),
    rename: (path, newName) =>
      change(
        path,
        ({ owner, key }) => {
          const value = owner[key];
          delete owner[key];
          setMember(owner, newName, value);
        },
        true,
      ),
    set: (path, value) => change(path, ({ owner, key }) => setMember(owner, key, value)),
    append: (path, value) =>
      change(path, ({ owner, key }) => {
        const current = Object.hasOwn(owner, key) ? owner[key] : undefined;
        setMember(owner, key, appended(current, value));
      }),
  };
}

/** Where a value is, or would be. */
interface Place {
  readonly owner: JsonObject;
  readonly key: string;
}

const STEP = /^([^.[\]]+)(?:\[(\d+|\*)\])?$/;

function placesAt(root: JsonObject, path: string): Place[] {
  let owners: JsonObject[] = [root];
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  for (const step of steps) owners = owners.flatMap((owner) => membersAt(owner, step));
  return owners.map((owner) => ({ owner, key: last }));
}

function membersAt(owner: JsonObject, step: string): JsonObject[] {
  const [, name = step, index] = STEP.exec(step) ?? [];
  const value = Object.hasOwn(owner, name) ? owner[name] : undefined;
  if (index === undefined) return isJsonObject(value) ? [value] : [];
  if (!Array.isArray(value)) return [];
  // Lists begin at 1, as in Kong.
  const items: unknown[] = index === "*" ? value : [value[Number(index) - 1]];
  return items.filter(isJsonObject);
}

function appended(current: unknown, value: unknown): unknown {
  if (current === undefined) return [value];
  return Array.isArray(current) ? [...(current as unknown[]), value] : [current, value];
}

/** `__proto__` is a name like any other. */
function setMember(owner: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(owner, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
