// @fastify/http-proxy: undici with 128 connections and no pipelining is its default.
import httpProxy from "@fastify/http-proxy";
import { fastify } from "fastify";

const [port = "", upstream = ""] = process.argv.slice(2);

const server = fastify({ logger: false });
await server.register(httpProxy, {
  upstream,
  disableRequestLogging: true,
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      "x-forwarded-for": request.socket.remoteAddress ?? "",
      "x-forwarded-proto": "http",
    }),
  },
});
await server.listen({ port: Number(port), host: "127.0.0.1" });
