// Hono's proxy helper on Node: the runtime's own fetch keeps its connections.
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { proxy } from "hono/proxy";

const [port = "", upstream = ""] = process.argv.slice(2);

const app = new Hono();
app.all("*", (c) => {
  const pathAndQuery = c.req.url.slice(c.req.url.indexOf("/", "http://".length));
  return proxy(`${upstream}${pathAndQuery}`, {
    raw: c.req.raw,
    headers: {
      ...c.req.header(),
      "X-Forwarded-For": getConnInfo(c).remote.address,
      "X-Forwarded-Proto": "http",
    },
  });
});
serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
