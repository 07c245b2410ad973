import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startGateway } from "../pipeline.testing.ts";
import type { TestGateway } from "../pipeline.testing.ts";
import { Peer, until } from "../sockets.testing.ts";
import { AppTransport } from "./app-transport.ts";
import type { App } from "./app-transport.ts";

function serving(fetch: App["fetch"], readTimeoutMs = 5000): Promise<TestGateway> {
  const service = { protocol: "app", host: "app", readTimeoutMs } as const;
  return startGateway({ ports: [], service, transport: new AppTransport({ fetch }) });
}

function head(method: string, ...lines: readonly string[]): string {
  const fields = ["Host: api.example", ...lines, "Connection: close"];
  return `${method} /a%7Eb?c=d HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
}

async function ask(gateway: TestGateway, text: string): Promise<string> {
  const client = await Peer.connect(gateway.port);
  client.send(text);
  return client.rest();
}

describe("an app behind the gateway", () => {
  test("gets the request as a Request and answers with a Response", async () => {
    const gateway = await serving(async (request) => {
      const { pathname, search, host } = new URL(request.url);
      const address = request.headers.get("x-forwarded-for");
      const body = `${request.method} ${host} ${pathname}${search} ${address} ${await request.text()}`;
      return new Response(body, { status: 201, headers: { "X-App": "yes" } });
    });
    const text = await ask(gateway, `${head("POST", "Content-Length: 5")}hello`);
    assert.match(text, /^HTTP\/1\.1 201 Created\r\n/);
    assert.match(text, /\r\nx-app: yes\r\n/i);
    assert.ok(text.includes("POST api.example /a~b?c=d 127.0.0.1 hello"), text);
  });

  test("says nothing of a length to HEAD, and 0 where there is no body", async () => {
    const gateway = await serving((request) =>
      request.method === "HEAD" ? new Response(null) : new Response(null, { status: 200 }),
    );
    assert.ok(!/content-length/i.test(await ask(gateway, head("HEAD"))));
    assert.match(await ask(gateway, head("GET")), /\r\nContent-Length: 0\r\n/i);
  });

  test("is offered no Upgrade and no trailers", async () => {
    const gateway = await serving((request) => {
      const asked = ["connection", "upgrade", "te", "trailer"].filter((name) =>
        request.headers.has(name),
      );
      return new Response(`asked: ${asked.join()}.`);
    });
    const lines = ["Connection: Upgrade, TE", "Upgrade: websocket", "TE: trailers"];
    assert.match(await ask(gateway, head("GET", ...lines)), /asked: \./);
  });

  test("that throws costs its request 502, and no other", async () => {
    let calls = 0;
    const gateway = await serving(() => {
      if (calls++ === 0) throw new Error("secret detail");
      return new Response("fine");
    });
    const text = await ask(gateway, head("GET"));
    assert.match(text, /^HTTP\/1\.1 502 /);
    assert.ok(!text.includes("secret"));
    assert.match(await ask(gateway, head("GET")), /^HTTP\/1\.1 200 /);
  });

  test("that does not answer in time costs 504", async () => {
    const gateway = await serving(() => new Promise(() => undefined), 30);
    assert.match(await ask(gateway, head("GET")), /^HTTP\/1\.1 504 /);
  });

  test("that fails in the middle of its answer has it cut", async () => {
    const gateway = await serving(() => {
      let pulls = 0;
      const body = new ReadableStream({
        pull: (controller) => {
          if (pulls++ === 0) controller.enqueue(Buffer.from("some"));
          else controller.error(new Error("gone"));
        },
      });
      return new Response(body);
    });
    const text = await ask(gateway, head("GET"));
    assert.ok(!text.endsWith("0\r\n\r\n"), text);
    await until(() => gateway.pipeline.requestsInFlight === 0);
  });

  test("that cancels the request's body may still answer", async () => {
    const gateway = await serving(async (request) => {
      await request.body?.cancel();
      return new Response("enough");
    });
    const client = await Peer.connect(gateway.port);
    client.send(head("POST", "Transfer-Encoding: chunked"));
    for (let n = 0; n < 20; n++) client.send("5\r\nhello\r\n");
    assert.match(await client.rest(), /enough/);
    assert.match(await ask(gateway, head("GET")), /^HTTP\/1\.1 200 /);
  });

  test("that reads a body learns when its client leaves", async () => {
    const failed = Promise.withResolvers<string>();
    const started = Promise.withResolvers<void>();
    const gateway = await serving(async (request) => {
      started.resolve();
      await request.text().catch((error: unknown) => failed.resolve(String(error)));
      return new Response("never");
    });
    const client = await Peer.connect(gateway.port);
    client.send(`${head("POST", "Content-Length: 10")}half`);
    await started.promise;
    client.destroy();
    assert.ok((await failed.promise) !== "");
    await until(() => gateway.pipeline.requestsInFlight === 0);
  });
});
