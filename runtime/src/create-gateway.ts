// The gateway as a Hono app: the same routes, plugins and upstreams as behind the proxy's sockets, over Request and
// Response, to embed in Bun.serve, in Node, among other Hono middleware, or in a test.
import { Hono } from "hono";
import { assemble } from "./assemble.ts";
import { bundledWasmDir } from "./bundled.ts";
import { connectionForwarding } from "./clients/forwarding-fields.ts";
import { FetchClient } from "./embed/fetch-client.ts";
import { requestHead } from "./embed/request-head.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { ConnectionInfo } from "./exchange.ts";
import { errorBody } from "./http1/error-response.ts";
import { withModules } from "./supplied-config.ts";
import { gatewayParts, moduleSupply } from "./thread-parts.ts";
import { Pipeline } from "./pipeline.ts";
import { connectionTokens, DEFAULT_RESPONSE_TOKENS } from "./response-tokens.ts";
import { newRequestId } from "./request-id.ts";

export interface CreateGatewayOptions {
  /** Folders of NAME.wasm files, besides the bundled plugins; later ones win. */
  readonly pluginFolders?: readonly string[];
  /** Public keys, PEM: with any, each module that is not bundled must be signed by one of them. */
  readonly pluginKeys?: readonly string[];
  /** What `app:` paths in the config are relative to, and what errors name; `sluice.yaml` here by default. */
  readonly file?: string;
  /** Address of the client of a request, for plugins and X-Forwarded-For; 127.0.0.1 by default. */
  readonly clientAddress?: (request: Request) => string;
  /** debug, info, warn (default), error or silent. */
  readonly logLevel?: string;
  /** For one call of a plugin, ms; 100 by default. */
  readonly pluginTimeoutMs?: number;
}

/** A Hono app that is a gateway. `close` ends its upstream connections and writes what is queued for log files. */
export type GatewayApp = Hono & { close(): Promise<void> };

let embeddedConnections = 0;

/**
 * Makes the app from a declarative config: YAML or JSON text, or the same as an object. Throws ConfigRefused with
 * every fault of the config.
 */
export async function createGateway(
  config: string | Readonly<Record<string, unknown>>,
  options: CreateGatewayOptions = {},
): Promise<GatewayApp> {
  const parts = await gatewayParts(
    {
      logLevel: options.logLevel ?? "warn",
      pluginTimeoutMs: options.pluginTimeoutMs ?? 100,
      ...(options.pluginKeys && { pluginKeys: options.pluginKeys }),
    },
    [bundledWasmDir(), ...(options.pluginFolders ?? [])],
  );
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const written = { text, file: options.file ?? "sluice.yaml" };
  const supply = moduleSupply(options, parts);
  const snapshot = await assemble(await withModules(written, supply, parts.log), parts);
  snapshot.activate();
  const pipeline = new Pipeline(snapshot, parts);
  const app = new Hono();
  app.all("*", (c) => run(pipeline, c.req.raw, connectionOf(c.req.raw, options)));
  return Object.assign(app, {
    close: async () => {
      // The last responses are out; their log phase runs at the end of this turn.
      await new Promise((resolve) => setImmediate(resolve));
      snapshot.retire();
      await parts.close();
    },
  });
}

async function run(
  pipeline: Pipeline,
  request: Request,
  connection: ConnectionInfo,
): Promise<Response> {
  try {
    const client = new FetchClient(request);
    const exchange = new Exchange(requestHead(request), client, connection);
    pipeline.start(exchange);
    client.onGone(() => {
      pipeline.onClientFault(
        exchange,
        new GatewayError("client_closed", "the request was aborted"),
      );
    });
    return await client.response;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    pipeline.onRefused(error);
    const id = newRequestId();
    return new Response(errorBody(error.publicMessage, id), {
      status: error.status,
      headers: { "Content-Type": "application/json; charset=utf-8", "X-Request-Id": id },
    });
  }
}

function connectionOf(request: Request, options: CreateGatewayOptions): ConnectionInfo {
  const isSecure = request.url.startsWith("https:");
  const port = new URL(request.url).port;
  const connection = {
    id: ++embeddedConnections,
    peerAddress: options.clientAddress?.(request) ?? "127.0.0.1",
    peerPort: 0,
    serverAddress: "127.0.0.1",
    serverPort: port === "" ? (isSecure ? 443 : 80) : Number(port),
    scheme: isSecure ? ("https" as const) : ("http" as const),
    requests: 1,
    ...connectionTokens(DEFAULT_RESPONSE_TOKENS),
  };
  return { ...connection, ...connectionForwarding(connection, false) };
}
