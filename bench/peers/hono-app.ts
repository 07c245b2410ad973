// Hono's proxy helper as an app, for both runtimes: the runtime's own fetch keeps its connections.
import { Hono } from "hono";
import type { GetConnInfo } from "hono/conninfo";
import { proxy } from "hono/proxy";

export function proxyApp(upstream: string, getConnInfo: GetConnInfo): Hono {
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
  return app;
}
