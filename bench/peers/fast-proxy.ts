// fast-proxy on undici, which its documentation promises 20 to 50 % more throughput of.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { fastProxy } from "fast-proxy";

const [port = "", upstream = ""] = process.argv.slice(2);

const { proxy } = fastProxy({ base: upstream, undici: { connections: 128, pipelining: 1 } });

function rewriteRequestHeaders(
  request: IncomingMessage,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  return {
    ...headers,
    "x-forwarded-for": request.socket.remoteAddress ?? "",
    "x-forwarded-proto": "http",
  };
}

const server = createServer((request, response) => {
  proxy(request, response, request.url ?? "/", { rewriteRequestHeaders });
});
server.listen(Number(port), "127.0.0.1");
