// Hono's proxy helper on Bun.
import { getConnInfo } from "hono/bun";
import { proxyApp } from "./hono-app.ts";

const [port = "", upstream = ""] = process.argv.slice(2);

const { fetch } = proxyApp(upstream, getConnInfo);
Bun.serve({ fetch, port: Number(port), hostname: "127.0.0.1" });
