// Gives each request an id in a header of your choice, as Kong's correlation-id does.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

const config = s.object({
  header_name: s
    .string()
    .pattern(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    .default("Kong-Request-ID"),
  generator: s.enum(["uuid", "uuid#counter", "tracker"]).default("uuid#counter"),
  echo_downstream: s.boolean().default(false).describe("Sends the id to the client, too."),
});

/** Makes the id of one request. */
type Generator = (ctx: RequestContext) => string;

export default definePlugin({
  name: "correlation-id",
  version: "1.0.0",
  priority: 100_001,
  config,

  configure({ header_name, generator, echo_downstream }) {
    return { header_name, echo_downstream, generate: GENERATORS[generator]() };
  },

  onRequest(ctx, { header_name, echo_downstream, generate }) {
    let id = ctx.request.header(header_name);
    if (id === undefined || id === "") {
      id = generate(ctx);
      ctx.request.setHeader(header_name, id);
    }
    if (echo_downstream) ctx.response.setHeader(header_name, id);
  },
});

const GENERATORS: Readonly<Record<"uuid" | "uuid#counter" | "tracker", () => Generator>> = {
  uuid: () => () => crypto.randomUUID(),
  "uuid#counter": countingGenerator,
  tracker: () => trackerId,
};

/** One UUID for all requests of an instance, and a number for each: unique, and cheaper than a UUID each. */
function countingGenerator(): Generator {
  const prefix = `${crypto.randomUUID()}#`;
  let count = 0;
  return () => prefix + ++count;
}

/** Says where the request came in: address, port, process, connection, request on it, seconds since 1970. */
function trackerId({ connection }: RequestContext): string {
  const { serverAddress, serverPort, workerPid, id, requests } = connection;
  const seconds = (Date.now() / 1000).toFixed(3);
  return `${serverAddress}-${serverPort}-${workerPid}-${id}-${requests}-${seconds}`;
}
