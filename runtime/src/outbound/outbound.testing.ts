// Servers for tests of the outbound client: they say exactly what a test wants.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { HEAD_LIMITS } from "../settings.ts";
import { HostGrants } from "../plugins/host-grant.ts";
import type { FetchRules } from "./destination.ts";
import { OutboundClient } from "./outbound-client.ts";
import type { OutboundClientOptions } from "./outbound-client.ts";
import type { OutboundRequest } from "./outbound-request.ts";

/** What a server says to a request, which it gets as text, head and body. */
export type Answer = (request: string, socket: Socket) => void;

export class TestServer {
  readonly requests: string[] = [];
  readonly sockets: Socket[] = [];
  readonly port: number;
  answer: Answer;
  /** What to do with a new connection. */
  onConnect: (socket: Socket) => void = () => {};
  readonly #server: Server;
  #wake: () => void = () => {};

  private constructor(server: Server, answer: Answer) {
    this.#server = server;
    this.answer = answer;
    this.port = (server.address() as AddressInfo).port; // It listens on a port.
  }

  static async start(
    answer: Answer | string,
    options: { readonly isSecure?: boolean } = {},
  ): Promise<TestServer> {
    const said = typeof answer === "string" ? say(answer) : answer;
    const accept = (socket: Socket): void => test.#accept(socket);
    const server: Server = options.isSecure
      ? createTlsServer({ key: SERVER_KEY, cert: SERVER_CERTIFICATE }, accept)
      : createServer(accept);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const test = new TestServer(server, said);
    return test;
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    this.onConnect(socket);
    let text = "";
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#wake());
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = endOf(text); end > 0; end = endOf(text)) {
        const request = text.slice(0, end);
        text = text.slice(end);
        this.requests.push(request);
        this.answer(request, socket);
        this.#wake();
      }
    });
  }

  /** Looks at the condition at each request and each connection's end. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Where the first request of the text ends; 0 when it is not whole. */
function endOf(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return 0;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + length ? head + 4 + length : 0;
}

function say(text: string): Answer {
  return (_, socket) => socket.write(text);
}

export function ok(body: string, ...lines: string[]): string {
  const head = ["HTTP/1.1 200 OK", ...lines, `Content-Length: ${Buffer.byteLength(body)}`];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

export function redirectTo(location: string, status = 302): string {
  return `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
}

export function requestFor(url: string, parts: Partial<OutboundRequest> = {}): OutboundRequest {
  return {
    url,
    method: "GET",
    headers: [],
    body: Buffer.alloc(0),
    timeoutMs: 5000,
    redirect: "follow",
    maxBytes: 1000,
    ...parts,
  };
}

/** What an entry with these grants may reach. */
export function rulesFor(...hosts: string[]): FetchRules {
  return { plugin: "tested", hosts: new HostGrants(hosts), privateAddresses: false };
}

export const NO_SIGNAL: AbortSignal = new AbortController().signal;

/** A client for which all names are 127.0.0.1. */
export function clientFor(options: Partial<OutboundClientOptions> = {}): OutboundClient {
  const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
  return new OutboundClient({ resolve, limits: HEAD_LIMITS, ...options });
}

// Of an authority and for the name api.test; made for these tests and used nowhere else.
export const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUGzzv2SCoPWNvxQ39G+jQz/bjfj8wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMDk1ODM3WhgPMjEy
NjEwMjgwOTU4MzdaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE40Q7FEb5jP4ce42boDvmIPmlLEsP52/OZ1veqjxI
saIenOV28A4U+vb7KiJ08iIpMqujurzoDH9uNB2YFTMSKqNTMFEwHQYDVR0OBBYE
FCgpdsPLmV2yKWkySOjvR0t3RSz/MB8GA1UdIwQYMBaAFCgpdsPLmV2yKWkySOjv
R0t3RSz/MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKjLjGNZ
yNJKTCG3caiXKxARDFCx9SqMLO0xr1WRCgAwAiEAwyH/x8eg8HJTQ+mtnStWds8S
IQKxCzlHdOGQebCzWG0=
-----END CERTIFICATE-----`;
const SERVER_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkjCCATigAwIBAgIUaWy+y4DKARxRAmSTFTiLJpzVLJQwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMDk1ODM3WhgPMjEy
NjEwMjgwOTU4MzdaMBMxETAPBgNVBAMMCGFwaS50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE0NL/R4WRjAK3MLVPCWyXbWgKPp8o5koVoOnnJOvagyFm5hkz
JCA+/YQD0ZsI/n1KMo3iz4BuDiYiPU8fAzwWoaNiMGAwEwYDVR0RBAwwCoIIYXBp
LnRlc3QwCQYDVR0TBAIwADAdBgNVHQ4EFgQUC1wSqk7Pu2B9+kjXlCQRmVb600cw
HwYDVR0jBBgwFoAUKCl2w8uZXbIpaTJI6O9HS3dFLP8wCgYIKoZIzj0EAwIDSAAw
RQIhAM3GfPCyxd8hqf2XW6isxVnEU9YuwMyoc/TpQhkxOeRKAiBk4TPN2qjNWHtX
zpE84WzfUWXquXd8Rr11pbLgk7XtcA==
-----END CERTIFICATE-----`;
const SERVER_KEY = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIOjoKzhNyKsqLha6+JFdB7FwJ3xknrKQnVTD37wiKTP2oAoGCCqGSM49
AwEHoUQDQgAE0NL/R4WRjAK3MLVPCWyXbWgKPp8o5koVoOnnJOvagyFm5hkzJCA+
/YQD0ZsI/n1KMo3iz4BuDiYiPU8fAzwWoQ==
-----END EC PRIVATE KEY-----`;
