// Targets as people and programs write them into files and keys: "host:port", or an object with the same.
import { z } from "zod";
import type { ListedTarget } from "../source.ts";
import { hostAndPort, place, weight } from "./fields.ts";

const DEFAULT_WEIGHT = 100;
const MAX_TARGETS = 10_000;

const EXPECTED = 'expected "host:port", {target, weight}, {host, port, weight} or {Addr}';

const entry = z.union(
  [
    z.string(),
    // Kong's target.
    z.strictObject({ target: z.string(), weight: weight.optional() }),
    // APISIX' node.
    z.strictObject({ host: z.string(), port: z.int(), weight: weight.optional() }),
    // The endpoints manager of etcd's client.
    z.looseObject({ Addr: z.string() }),
  ],
  { error: EXPECTED },
);

/** Throws an Error that says what is wrong; nothing of the value is in it. */
export function listedTarget(value: unknown): ListedTarget {
  const parsed = entry.safeParse(value);
  if (!parsed.success) throw new Error(EXPECTED);
  const { data } = parsed;
  const found = placeOf(data);
  if (found === undefined) throw new Error("expected a host and a port from 1 to 65535");
  const given = typeof data === "object" && "weight" in data ? data.weight : undefined;
  return { ...found, weight: typeof given === "number" ? given : DEFAULT_WEIGHT };
}

function placeOf(data: z.infer<typeof entry>): ReturnType<typeof place> {
  if (typeof data === "string") return hostAndPort(data);
  if ("target" in data && typeof data.target === "string") return hostAndPort(data.target);
  if ("Addr" in data && typeof data.Addr === "string") return hostAndPort(data.Addr);
  if ("host" in data && typeof data.host === "string") return place(data.host, Number(data.port));
  return undefined;
}

/** Throws as {@link listedTarget}, with the place in the list. */
export function listedTargets(value: unknown): readonly ListedTarget[] {
  const list = isMapping(value) ? value["targets"] : value;
  if (!Array.isArray(list)) throw new Error('expected a list of targets, or "targets" with one');
  if (list.length > MAX_TARGETS) throw new Error(`expected at most ${MAX_TARGETS} targets`);
  return list.map((each, at) => {
    try {
      return listedTarget(each);
    } catch (error) {
      throw new Error(`targets[${at}]: ${error instanceof Error ? error.message : ""}`, {
        cause: error,
      });
    }
  });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
