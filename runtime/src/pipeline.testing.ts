// A whole gateway in a test: sockets, pipeline and transport, with a config and plugins of the test's choice.
import { after } from "node:test";
import type { ServiceConfig, UpstreamConfig } from "./config/model.ts";
import { Deadlines } from "./deadlines.ts";
import type { GatewayError } from "./errors.ts";
import { Http1Server } from "./http1/server.ts";
import type { Logger } from "./log.ts";
import { Pipeline } from "./pipeline.ts";
import { currentPlatform } from "./platform/current.ts";
import { entryOf } from "./plugins/plugin.testing.ts";
import type { RecordingPlugin } from "./plugins/plugin.testing.ts";
import { routeOf } from "./routing/routing.testing.ts";
import type { RouteParts } from "./routing/routing.testing.ts";
import { DOWNSTREAM_OPTIONS, TRANSPORT_OPTIONS } from "./settings.ts";
import { Snapshot } from "./snapshot.ts";
import { Metrics } from "./status/metrics.ts";
import { Http1Transport } from "./upstream/http1-transport.ts";
import type { Transport } from "./upstream/transport.ts";
import { testUpstreams, upstreamConfig } from "./upstream/upstreams.testing.ts";

const SOURCE = { path: "", line: 1, column: 1 };

export interface GatewayParts {
  /** Ports of 127.0.0.1 that requests are balanced over. */
  readonly ports?: readonly number[];
  readonly service?: Partial<ServiceConfig>;
  readonly route?: RouteParts;
  readonly plugins?: readonly RecordingPlugin[];
  readonly transport?: Transport;
}

export interface TestGateway {
  readonly port: number;
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  /** Codes of the requests that failed, in order. */
  readonly failures: string[];
  readonly failedPlugins: string[];
}

/** One service behind one route, `/` unless said otherwise. */
export async function startGateway(parts: GatewayParts): Promise<TestGateway> {
  const failures: string[] = [];
  const failedPlugins: string[] = [];
  const nothing = (): void => undefined;
  const log: Logger = {
    info: nothing,
    warn: nothing,
    error: nothing,
    requestRefused: nothing,
    requestFailed: (_, error: GatewayError) => failures.push(error.code),
    pluginFailed: (plugin) => failedPlugins.push(plugin),
    write: nothing,
    flush: () => Promise.resolve(true),
  };
  const deadlines = new Deadlines();
  const platform = await currentPlatform();
  const transport = new Http1Transport(platform, deadlines, TRANSPORT_OPTIONS);
  const metrics = new Metrics(() => 0);
  const plugins = parts.plugins ?? [];
  const snapshot = new Snapshot({
    config: {
      services: [serviceOf(parts.service)],
      routes: [routeOf("r", { paths: ["/"], serviceId: "s", stripPath: false, ...parts.route })],
      upstreams: [upstreamOf(parts.ports ?? [])],
      consumers: [],
      plugins: plugins.map(({ name }) => entryOf(name)),
    },
    plugins: new Map(plugins.map((plugin) => [plugin.name, { plugin, credentialNames: [] }])),
    upstreams: testUpstreams(),
    transport: () => parts.transport ?? transport,
    routeStats: (service, route) => metrics.route(service, route),
  });
  const pipeline = new Pipeline(snapshot, { metrics, log, deadlines });
  const server = await Http1Server.listen(
    { host: "127.0.0.1", port: 0 },
    { platform, deadlines, handler: pipeline, options: DOWNSTREAM_OPTIONS },
  );
  after(async () => {
    await server.drain(1);
    transport.close();
    deadlines.stop();
  });
  return { port: server.address.port, pipeline, metrics, failures, failedPlugins };
}

function serviceOf(parts: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    id: "s",
    name: "s",
    protocol: "http",
    host: "pool",
    port: 80,
    path: undefined,
    app: undefined,
    retries: 5,
    connectTimeoutMs: 5000,
    writeTimeoutMs: 5000,
    readTimeoutMs: 5000,
    enabled: true,
    tags: [],
    source: SOURCE,
    ...parts,
  };
}

function upstreamOf(ports: readonly number[]): UpstreamConfig {
  const targets = ports.map((port) => ({ id: String(port), host: "127.0.0.1", port, weight: 1 }));
  return upstreamConfig({ targets });
}
