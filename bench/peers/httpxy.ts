// httpxy: its agent keeps connections unless told otherwise.
import { createServer } from "node:http";
import { createProxyServer } from "httpxy";

const [port = "", upstream = ""] = process.argv.slice(2);

const proxy = createProxyServer({ target: upstream, xfwd: true });

const server = createServer((request, response) => {
  proxy.web(request, response).catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(502);
    response.end(String(error));
  });
});
server.listen(Number(port), "127.0.0.1");
