// Hono's proxy helper on Bun: the runtime's own fetch keeps its connections.
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
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
Bun.serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
