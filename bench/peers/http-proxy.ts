// http-proxy with an agent that keeps connections: without one it opens a connection for each request.
import { Agent, createServer } from "node:http";
import httpProxy from "http-proxy";

const [port = "", upstream = ""] = process.argv.slice(2);

const proxy = httpProxy.createProxyServer({
  target: upstream,
  agent: new Agent({ keepAlive: true, maxFreeSockets: 256 }),
  xfwd: true,
});
proxy.on("error", (error, _request, response) => {
  if (!response.headersSent) response.writeHead(502);
  response.end(error.message);
});

createServer((request, response) => proxy.web(request, response)).listen(Number(port), "127.0.0.1");
