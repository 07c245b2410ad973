// Gives each request an id in a header of your choice, as Kong's correlation-id does.
import { definePlugin, placeholders, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext } from "@sluice/plugin-sdk";

const config = s.object({
  header_name: s
    .string()
    .pattern(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    .default("Kong-Request-ID"),
  generator: s.enum(["uuid", "uuid#counter", "tracker"]).default("uuid#counter"),
  echo_downstream: s.boolean().default(false).describe("Sends the id to the client, too."),
});

type Config = Infer<typeof config>;

/** Sets a request's id, and gives it back to the client if that is wanted. */
type Generator = (ctx: RequestContext, settings: Config) => void;

export default definePlugin({
  name: "correlation-id",
  version: "1.1.0",
  priority: 100_001,
  config,

  configure: (config) => ({ ...config, give: GENERATORS[config.generator]() }),

  onRequest(ctx, settings) {
    const { header_name, echo_downstream, give } = settings;
    const id = ctx.request.header(header_name);
    if (id === undefined || id === "") give(ctx, settings);
    else if (echo_downstream) ctx.response.setHeader(header_name, id);
  },
});

const GENERATORS: Readonly<Record<Config["generator"], () => Generator>> = {
  uuid: () => filled(placeholders.uuid),
  // One UUID for all requests of an instance, and a number for each: unique, and cheaper than a UUID each.
  "uuid#counter": () => filled(`${crypto.randomUUID()}#${placeholders.serial}`),
  tracker: () => track,
};

/** The gateway makes the id, also of the next requests. */
function filled(template: string): Generator {
  return (ctx, { header_name, echo_downstream }) => {
    ctx.request.fillHeader(header_name, template);
    if (echo_downstream) ctx.response.fillHeader(header_name, template);
    ctx.remember();
  };
}

/** Says where the request came in: address, port, process, connection, request on it, seconds since 1970. */
function track(ctx: RequestContext, { header_name, echo_downstream }: Config): void {
  const { serverAddress, serverPort, workerPid, id, requests } = ctx.connection;
  const seconds = (Date.now() / 1000).toFixed(3);
  const text = `${serverAddress}-${serverPort}-${workerPid}-${id}-${requests}-${seconds}`;
  ctx.request.setHeader(header_name, text);
  if (echo_downstream) ctx.response.setHeader(header_name, text);
}
