// The manifest in a module, checked key by key.
import { ABI_VERSION, PHASES } from "../abi.ts";
import type { Manifest } from "../abi.ts";
import { Broken } from "./outcome.ts";

/** Throws {@link Broken}. */
export function readManifest(section: Uint8Array): Manifest {
  const manifest = parse(section);
  expect(manifest, "abi", (value) => value === ABI_VERSION, `${ABI_VERSION}`);
  expect(manifest, "name", matches(/^[a-z0-9][a-z0-9-]*$/), "lower case, digits and dashes");
  expect(manifest, "version", matches(/^\d+\.\d+\.\d+/), "a version such as 1.0.0");
  expect(manifest, "priority", Number.isInteger, "an integer");
  expect(manifest, "phases", isPhaseList, `some of ${PHASES.join(", ")}`);
  expect(manifest, "config", isObject, "a JSON Schema");
  // Just checked.
  return manifest as unknown as Manifest;
}

function parse(section: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch {
    throw new Broken("is no JSON in UTF-8");
  }
  if (!isObject(value)) throw new Broken("is no JSON object");
  return value;
}

function expect(
  manifest: Readonly<Record<string, unknown>>,
  key: string,
  isGood: (value: unknown) => boolean,
  expected: string,
): void {
  const value = manifest[key];
  if (isGood(value)) return;
  throw new Broken(`${key}: expected ${expected}, got ${JSON.stringify(value) ?? "nothing"}`);
}

function matches(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function isPhaseList(value: unknown): boolean {
  const names: readonly string[] = PHASES;
  return Array.isArray(value) && value.length > 0 && value.every((name) => names.includes(name));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
