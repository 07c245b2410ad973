// From the text of a declarative config to a GatewayConfig, or to everything that is wrong with it.
import { LineCounter } from "yaml";
import type { z } from "zod";
import { buildConsumer, buildCredentials, buildGroups } from "./build/consumer.ts";
import type { BuildContext, Decoded } from "./build/context.ts";
import { checkFallbacks } from "./build/fallback.ts";
import { buildPlugin } from "./build/plugin.ts";
import { checkModules } from "./build/plugin-wasm.ts";
import { checkOrdering, checkPluginOrder } from "./build/plugin-order.ts";
import { buildRoute, byAge } from "./build/route.ts";
import { buildService } from "./build/service.ts";
import { buildTargets, buildUpstream } from "./build/upstream.ts";
import { describeNode } from "./document/node.ts";
import type { MappingNode } from "./document/node.ts";
import { readDocument } from "./document/read.ts";
import { decode } from "./entities/decode.ts";
import { Registry } from "./entities/registry.ts";
import { collectionsOf, gatherEntities } from "./entities/structure.ts";
import type { EntityKind, EntityRecord } from "./entities/structure.ts";
import { FaultLog } from "./faults.ts";
import type { GatewayConfig, ParsedConfig, PluginCatalog } from "./model.ts";
import { consumerSchema } from "./schema/consumer.ts";
import { CREDENTIAL_COLLECTIONS, aclSchema } from "./schema/credentials.ts";
import type { CredentialFields } from "./schema/credentials.ts";
import { pluginSchema } from "./schema/plugin.ts";
import type { PluginFields } from "./schema/plugin.ts";
import { rootSchema } from "./schema/root.ts";
import { routeSchema } from "./schema/route.ts";
import type { RouteFields } from "./schema/route.ts";
import { serviceSchema } from "./schema/service.ts";
import { targetSchema, upstreamSchema } from "./schema/upstream.ts";
import type { SecretVault } from "../secrets/vault.ts";

export { formatFault } from "./faults.ts";

export interface ParseOptions {
  /** Path of the config file: modules of `app:` urls are found relative to its folder. */
  readonly file: string;
  readonly plugins: PluginCatalog;
  /** Where references such as `{vault://env/name}` in the configs of plugins lead. */
  readonly secrets: SecretVault;
}

/**
 * Parses Kong's declarative format, YAML or JSON. Never throws for what the text may hold; all faults are reported
 * at once, in the order of the file, and nothing of a faulty config is used.
 */
export function parseConfig(text: string, options: ParseOptions): ParsedConfig {
  const lines = new LineCounter();
  const faults = new FaultLog(lines);
  const root = readDocument(text, lines, faults);
  const config = root?.kind === "mapping" ? buildConfig(root, options, faults) : undefined;
  if (root !== undefined && root.kind !== "mapping") {
    const expected = "expected a mapping with _format_version, services, routes and so on";
    faults.add("", root.offset, `${expected}, got ${describeNode(root)}`);
  }
  if (config === undefined || !faults.isEmpty) return { kind: "invalid", faults: faults.sorted() };
  return { kind: "valid", config };
}

function buildConfig(
  document: MappingNode,
  options: ParseOptions,
  faults: FaultLog,
): GatewayConfig {
  const { root, records } = gatherEntities(document, faults);
  const otherKeys = collectionsOf(undefined);
  const target = { what: "a config", path: "", node: root, otherKeys, isSecret: false };
  const fields = decode(rootSchema, target, faults);
  const context: BuildContext = {
    faults,
    registry: new Registry(records, faults),
    formatVersion: fields?._format_version ?? "3.0",
    ...options,
  };
  const all = <Fields>(kind: EntityKind, schema: z.ZodType<Fields>): readonly Decoded<Fields>[] =>
    decodeAll(records, kind, schema, faults);
  const targets = buildTargets(all("target", targetSchema), context);
  const ofConsumers = {
    credentials: buildCredentials(decodeCredentials(records, faults), context),
    groups: buildGroups(all("acl", aclSchema), context),
  };
  const routes = all("route", routeSchema(context.formatVersion)).toSorted(byAge);
  const plugins = all("plugin", pluginSchema);
  const built = buildChains(routes, plugins, context);
  const services = all("service", serviceSchema).flatMap(
    (each) => buildService(each, context) ?? [],
  );
  checkFallbacks(built.routes, services, context);
  return {
    services,
    upstreams: all("upstream", upstreamSchema).map((each) => buildUpstream(each, targets, context)),
    consumers: all("consumer", consumerSchema).map((each) =>
      buildConsumer(each, ofConsumers, context),
    ),
    ...built,
  };
}

function buildChains(
  routes: readonly Decoded<RouteFields>[],
  plugins: readonly Decoded<PluginFields>[],
  context: BuildContext,
): Pick<GatewayConfig, "routes" | "plugins"> {
  const builtPlugins = plugins.flatMap((each) => buildPlugin(each, context) ?? []);
  const names = new Set(plugins.map(({ fields }) => fields.name));
  for (const plugin of plugins) checkOrdering(plugin, names, context);
  checkModules(plugins, context);
  const builtRoutes = routes.flatMap((each) => {
    const route = buildRoute(each, context);
    if (route === undefined) return [];
    // With a plugin missing for a fault of its own, there would be a second one for the same reason.
    if (builtPlugins.length === plugins.length) {
      checkPluginOrder(each, route, builtPlugins, context);
    }
    return [route];
  });
  return { routes: builtRoutes, plugins: builtPlugins };
}

function decodeCredentials(
  records: readonly EntityRecord[],
  faults: FaultLog,
): readonly Decoded<CredentialFields>[] {
  return Object.entries(CREDENTIAL_COLLECTIONS).flatMap(([name, { schema }]) => {
    const own = records.filter(({ collection }) => collection === name);
    return decodeAll(own, "credential", schema, faults);
  });
}

function decodeAll<Fields>(
  records: readonly EntityRecord[],
  kind: EntityKind,
  schema: z.ZodType<Fields>,
  faults: FaultLog,
): readonly Decoded<Fields>[] {
  const what = `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
  const otherKeys = collectionsOf(kind);
  const isSecret = kind === "credential";
  return records
    .filter((record) => record.kind === kind)
    .flatMap((record) => {
      const { path, node } = record;
      const fields = decode(schema, { what, path, node, otherKeys, isSecret }, faults);
      return fields === undefined ? [] : [{ record, fields }];
    });
}
