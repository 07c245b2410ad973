// What the READMEs of plugins and of the gateway show: whole configs are taken, fields and defaults are the plugin's.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { ROOT } from "../harness/runtime.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly default?: unknown;
}

interface Field {
  /** From the outermost field inwards; `[]` stands for the items of a list. */
  readonly path: readonly string[];
  /** What the table says: code without its backticks, `none`, `required`, or other words. */
  readonly default: string;
  /** The default is in code style: then it is the schema's. */
  readonly isCode: boolean;
}

const PLUGINS: readonly string[] = readdirSync(join(ROOT, "plugins")).filter((name) =>
  existsSync(join(ROOT, "plugins", name, "plugin.ts")),
);
const GUIDES = ["PLUGINS.md", "DISCOVERY.md", "README.md"].map((name) => `runtime/${name}`);
const PAGES: readonly string[] = [...PLUGINS.map((name) => `plugins/${name}/README.md`), ...GUIDES];

/** A block that has a format version is a whole config; others are parts of one, and are not loaded. */
const WHOLE_CONFIG = /^_format_version:/m;
const CONFIGS: readonly { readonly place: string; readonly yaml: string }[] = PAGES.flatMap(
  (page) => yamlBlocks(page).filter(({ yaml }) => WHOLE_CONFIG.test(yaml)),
);

const used = useGateway(() => ({
  config: config({}),
  // Nobody answers there: names in the examples are nobody's business.
  flags: ["--admin-listen", "127.0.0.1:0", "--dns-resolver", "127.0.0.1:9"],
  env: Object.fromEntries(CONFIGS.flatMap(({ yaml }) => secretsOf(yaml))),
}));

test("docs: each plugin has a config to start from", () => {
  assert.ok(CONFIGS.length >= PLUGINS.length, `${CONFIGS.length} configs`);
  const without = PLUGINS.filter(
    (name) => !CONFIGS.some(({ place }) => place.startsWith(`plugins/${name}/`)),
  );
  assert.deepEqual(without, []);
});

test("docs: plugins/README.md lists each plugin once", () => {
  const rows = [...read("plugins/README.md").matchAll(/^\| \[`([\w-]+)`\]\(\1\) \|/gm)];
  assert.deepEqual(rows.map(([, name = ""]) => name).toSorted(), [...PLUGINS].toSorted());
});

for (const { place, yaml } of CONFIGS) {
  test(`docs: the gateway takes the config of ${place}`, async () => {
    const response = await fetch(`${adminUrl()}/config`, {
      method: "POST",
      headers: { "content-type": "application/yaml" },
      body: yaml,
    });
    assert.equal(response.status, 201, await response.text());
  });
}

for (const plugin of PLUGINS) {
  const page = `plugins/${plugin}/README.md`;
  test(`docs: ${page} has the plugin's fields with their defaults, and no others`, async () => {
    const response = await fetch(`${adminUrl()}/schemas/plugins/${plugin}`);
    const schema = (await response.json()) as Schema;
    checkFields(fieldsOf(section(page, "Config")), schema);
    const redis = schema.properties?.["redis"];
    if (redis !== undefined) checkFields(fieldsOf(section(page, "redis")), redis);
  });
}

function adminUrl(): string {
  const [, url] = /admin listening on (\S+)/.exec(used.gateway.log) ?? [];
  return url ?? "";
}

/** The tables name all fields of the schema, or of a part of it, and none besides. */
function checkFields(fields: readonly Field[], schema: Schema, name: string = ""): void {
  const parts = partsOf(schema);
  const documented = new Set(fields.map(({ path: [first = ""] }) => first));
  assert.deepEqual([...documented].toSorted(), Object.keys(parts).toSorted(), name || "fields");
  for (const [part, value] of Object.entries(parts)) {
    const partName = `${name} ${part}`;
    const rows = fields.filter(({ path }) => path[0] === part);
    for (const row of rows.filter(({ path }) => path.length === 1)) {
      const isRequired = schema.required?.includes(part) ?? false;
      if (row.default === "required") assert.ok(isRequired, `${partName} is not required`);
      if (row.isCode || row.default === "none") {
        assert.equal(row.default, textOf(value.default), `the default of ${partName}`);
      }
    }
    const nested = rows.filter(({ path }) => path.length > 1);
    const inner = nested.map((row) => ({ ...row, path: row.path.slice(1) }));
    if (inner.length > 0) checkFields(inner, value, partName);
  }
}

function partsOf({ properties, items }: Schema): Readonly<Record<string, Schema>> {
  return properties ?? (items === undefined ? {} : { "[]": items });
}

/** As YAML's flow style has it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "none";
  const members = Object.entries(value).map(([name, member]) => `${name}: ${textOf(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function read(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

function yamlBlocks(page: string): { place: string; yaml: string }[] {
  const text = read(page);
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(({ 1: yaml = "", index }) => ({
    place: `${page}:${text.slice(0, index).split("\n").length}`,
    yaml,
  }));
}

/** Values for the environment variables that a config takes secrets from. */
function secretsOf(yaml: string): [string, string][] {
  return [...yaml.matchAll(/\{vault:\/\/env\/([\w-]+)\}/g)].map(([, name = ""]) => [
    name.toUpperCase().replaceAll("-", "_"),
    "a-value-for-the-example",
  ]);
}

/** The text below `## title`, up to the next heading of that level. */
function section(page: string, title: string): string {
  const [, text = ""] = new RegExp(`^## ${title}\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m").exec(
    read(page),
  ) ?? [""];
  return text;
}

/** The rows of tables whose first column is `field`; one row may name several fields, and a default for each. */
function fieldsOf(text: string): Field[] {
  const tables = text.matchAll(/^\| field \|.*\n\|[ -|]+\n((?:\|.*\n)+)/gm);
  const rows = [...tables].flatMap(([, lines = ""]) => lines.trimEnd().split("\n"));
  return rows.flatMap((row) => {
    const [, names = "", cell = ""] = row.split(/(?<!\\)\|/);
    const defaults = spansOf(cell);
    const isCode = defaults.length > 0 && cell.replaceAll(/`[^`]*`|[\s,]/g, "") === "";
    return spansOf(names).map((path, index) => ({
      path: path.split(/\.|(?=\[\])/),
      default: isCode ? (defaults[index] ?? defaults[0] ?? "") : cell.trim(),
      isCode,
    }));
  });
}

function spansOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
}
