import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { answerOf, jsonLinesOf, jsonOf } from "./http.ts";
import type { RegistryRequest } from "./http.ts";

const servers: ReturnType<typeof createServer>[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function request(
  listener: RequestListener,
  change: Partial<RegistryRequest> = {},
): Promise<RegistryRequest> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/v1/things?secret=1`);
  return { url, timeoutMs: 2000, signal: new AbortController().signal, ...change };
}

async function linesOf(asked: RegistryRequest): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  for await (const line of jsonLinesOf(asked)) lines.push(line);
  return lines;
}

describe("a registry's answer", () => {
  test("is JSON with status 200, or nothing with 404", async () => {
    const asked = await request((_, response) => response.end('{"a":1}'));
    assert.deepEqual((await jsonOf(asked))?.value, { a: 1 });
    const missing = await request((_, response) => response.writeHead(404).end());
    assert.equal(await jsonOf(missing), undefined);
  });

  test("of any other kind is a fault that names the server and not what was asked", async () => {
    const texts: RequestListener[] = [
      (_, response) => response.writeHead(500).end(),
      (_, response) => response.end("<html>"),
    ];
    for (const text of texts) {
      const asked = await request(text);
      await assert.rejects(jsonOf(asked), (error: Error) => {
        return error.message.includes("/v1/things") && !error.message.includes("secret");
      });
    }
  });

  test("is not looked for where a redirect leads", async () => {
    let hits = 0;
    const asked = await request((_, response) => {
      hits++;
      response.writeHead(302, { Location: "/elsewhere" }).end();
    });
    await assert.rejects(jsonOf(asked), /status 302/);
    assert.equal(hits, 1);
  });

  test("has an end, in bytes", async () => {
    const piece = Buffer.alloc(1024 * 1024, "x");
    const asked = await request((_, response) => {
      response.on("error", () => undefined);
      for (let count = 0; count < 12; count++) response.write(piece);
      response.end();
    });
    await assert.rejects(answerOf(asked), /more than 8388608 bytes/);
  });

  test("has a limit on its head and on each pause", async () => {
    const silent = await request(() => undefined, { timeoutMs: 50 });
    await assert.rejects(answerOf(silent), /no answer in 50 ms/);
    const stuck = await request((_, response) => response.write("{"), { timeoutMs: 50 });
    await assert.rejects(answerOf(stuck), /nothing more in 50 ms/);
  });

  test("that is cut is a fault", async () => {
    const asked = await request((_, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("{}");
      setImmediate(() => response.destroy());
    });
    await assert.rejects(jsonOf(asked));
  });

  test("is not waited for when nobody wants it any more", async () => {
    const stopping = new AbortController();
    const asked = await request(() => stopping.abort(), { signal: stopping.signal });
    await assert.rejects(answerOf(asked), /stopped/);
  });
});

describe("a registry's watch", () => {
  test("is read line by line, wherever the pieces are cut", async () => {
    const asked = await request((_, response) => {
      response.write('{"a":"ä');
      setImmediate(() => {
        response.write('"}\n{"b"');
        setImmediate(() => response.end(":2}\n\n"));
      });
    });
    assert.deepEqual(await linesOf(asked), [{ a: "ä" }, { b: 2 }]);
  });

  test("has lines of bounded size", async () => {
    const asked = await request((_, response) => {
      response.on("error", () => undefined);
      response.end(Buffer.alloc(2 * 1024 * 1024, "x"));
    });
    await assert.rejects(linesOf(asked), /a line of more than/);
  });

  test("that is quiet for too long has ended", async () => {
    const asked = await request((_, response) => response.write('{"a":1}\n'), { quietMs: 50 });
    assert.deepEqual(await linesOf(asked), [{ a: 1 }]);
  });
});
