// Parsing in tests: a catalog with two plugins, and faults as lines.
import assert from "node:assert/strict";
import type { GatewayConfig, PluginCatalog } from "./model.ts";
import { formatFault, parseConfig } from "./parse-config.ts";
import type { UpstreamConfig } from "./upstream-model.ts";
import { EnvironmentVault } from "../secrets/vault.ts";
import type { SecretVault } from "../secrets/vault.ts";

const SCHEMAS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map([
  [
    "key-auth",
    {
      type: "object",
      properties: {
        key_names: { type: "array", items: { type: "string" }, minItems: 1, default: ["apikey"] },
        realm: { type: "string" },
      },
      required: ["key_names"],
      additionalProperties: false,
    },
  ],
  [
    "rate-limiting",
    {
      type: "object",
      properties: { minute: { type: "integer", minimum: 1 } },
      required: ["minute"],
      additionalProperties: false,
    },
  ],
]);

const plugins: PluginCatalog = {
  names: () => [...SCHEMAS.keys()],
  schema: (name) => SCHEMAS.get(name),
};

/** The one secret that there is. */
export const SECRET = "s3cret-value";
const secrets: SecretVault = new EnvironmentVault({ JWT_KEY: SECRET });

/** The faults of the text, as the command line shows them, without the file's name. */
export function faultsOf(text: string): readonly string[] {
  const parsed = parseConfig(text, { file: "/etc/sluice/kong.yaml", plugins, secrets });
  if (parsed.kind === "valid") return [];
  return parsed.faults.map((fault) => formatFault("", fault).slice(1));
}

/** The config; fails the test when there are faults. */
export function configOf(text: string): GatewayConfig {
  const parsed = parseConfig(text, { file: "/etc/sluice/kong.yaml", plugins, secrets });
  assert.deepEqual(faultsOf(text), []);
  assert.ok(parsed.kind === "valid");
  return parsed.config;
}

/** The upstream of a config with one, which has these fields besides its name. */
export function upstreamOf(fields: string): UpstreamConfig {
  const [upstream] = configOf(upstreamText(fields)).upstreams;
  assert.ok(upstream !== undefined);
  return upstream;
}

/** The faults of the same. */
export function upstreamFaults(fields: string): readonly string[] {
  return faultsOf(upstreamText(fields));
}

function upstreamText(fields: string): string {
  return `_format_version: "3.0"\nupstreams: [{name: u, ${fields}}]`;
}

/** The entity of the list with the name, or username. */
export function named<Entity extends { readonly id: string }>(
  entities: readonly Entity[],
  name: string,
): Entity {
  const found = entities.find(
    (each) =>
      ("name" in each && each.name === name) || ("username" in each && each.username === name),
  );
  assert.ok(found !== undefined, `there is no ${name}`);
  return found;
}
