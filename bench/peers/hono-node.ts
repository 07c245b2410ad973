// Hono's proxy helper on Node.
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { proxyApp } from "./hono-app.ts";

const [port = "", upstream = ""] = process.argv.slice(2);

const { fetch } = proxyApp(upstream, getConnInfo);
serve({ fetch, port: Number(port), hostname: "127.0.0.1" });
