// An OpenID provider on 127.0.0.1: discovery, keys and token introspection, each of which can be made to misbehave.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { nowS, signed } from "./tokens.ts";
import type { Json, SigningKey } from "./tokens.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class IdentityProvider {
  readonly #server: Server;
  /** What was asked, as `METHOD /path`. */
  readonly asked: string[] = [];
  /** Headers and bodies of introspections. */
  readonly introspected: { readonly headers: IncomingMessage["headers"]; readonly body: string }[] =
    [];
  /** In the set that is published. */
  keys: readonly Json[] = [];
  /** What introspection says of a token; undefined is not active. */
  readonly tokens: Map<string, Json> = new Map();
  /** Instead of the usual answers, by path. */
  readonly misbehave: Map<string, Handler> = new Map();

  constructor(server: Server) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (text: string) => (body += text));
      request.on("end", () => this.#answer(request, response, body));
    });
  }

  get port(): number {
    // listen() on a port has been awaited, so the address is no pipe's name.
    return (this.#server.address() as AddressInfo).port;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A token of this issuer for an hour; claims and header may be given, too. */
  token(key: SigningKey, claims: Json = {}, header: Json = {}): string {
    const payload = { iss: this.issuer, sub: "alice", exp: nowS() + 3600, ...claims };
    return signed({ alg: "RS256", kid: key.kid, ...header }, payload, key.privateKey);
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.asked.filter((each) => each.endsWith(` ${path}`)).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const path = request.url ?? "";
    this.asked.push(`${request.method} ${path}`);
    const misbehave = this.misbehave.get(path);
    if (misbehave !== undefined) {
      misbehave(request, response, body);
      return;
    }
    const answer = this.#usual(path, request, body);
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  }

  #usual(path: string, request: IncomingMessage, body: string): Json | undefined {
    switch (path) {
      case "/.well-known/openid-configuration":
        return { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` };
      case "/keys":
        return { keys: this.keys };
      case "/introspect": {
        this.introspected.push({ headers: request.headers, body });
        const claims = this.tokens.get(new URLSearchParams(body).get("token") ?? "");
        return claims === undefined ? { active: false } : { active: true, ...claims };
      }
      default:
        return undefined;
    }
  }
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new IdentityProvider(server);
}
