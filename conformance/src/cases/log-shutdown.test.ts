// What is queued for a sink when the gateway ends: sent within the drain time-out, or kept, or counted as lost.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { collectHttp } from "../harness/collectors.ts";
import { config, service } from "../harness/config.ts";
import { spawnGateway, startGateway } from "../harness/gateway.ts";
import { ROOT } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { closedPort, reply, startUpstream } from "../harness/upstream.ts";

test("http-log: what waits in any worker is sent when the gateway ends, and what nobody takes is kept", async () => {
  const scratch = await useScratch();
  const upstream = await startUpstream();
  after(() => upstream.close());
  const collector = await collectHttp();
  const deadLetters = scratch.path("dead.log");
  const silent = await closedPort();
  const queue = { max_batch_size: 100, max_coalescing_delay: 3600 };
  const logged = (name: string, port: number, more: object): object =>
    service(name, upstream.port, `/${name}`, {
      plugins: [
        {
          name: "http-log",
          config: { http_endpoint: `http://127.0.0.1:${port}/`, queue: { ...queue, ...more } },
        },
      ],
    });
  const gateway = await startGateway({
    config: config({
      services: [
        logged("waiting", collector.port, {}),
        logged("down", silent, { dead_letter_path: deadLetters }),
        logged("lost", silent, { max_entries: 1000 }),
      ] as never,
    }),
    flags: ["--drain-timeout", "300", "--workers", "2"],
  });
  upstream.answer = (_request, connection) => connection.send(reply("200 OK", "x"));
  for (const path of ["waiting/a", "waiting/b", "down/a", "down/b", "lost/a"]) {
    assert.equal((await gateway.get(`/${path}`)).status, 200);
  }
  assert.equal(collector.items.length, 0);
  assert.equal(await gateway.stop(), 0);
  const uris = (text: string): string[] =>
    (JSON.parse(text) as { request: { uri: string } }[]).map(({ request }) => request.uri);
  // Each worker has a queue of its own.
  const sent = collector.items.flatMap(({ body }) => uris(body));
  assert.deepEqual(sent.toSorted(), ["/waiting/a", "/waiting/b"]);
  const kept = (await readFile(deadLetters, "utf8")).trimEnd().split("\n");
  assert.deepEqual(uris(`[${kept.join(",")}]`).toSorted(), ["/down/a", "/down/b"]);
  assert.match(gateway.log, /gave up 1 entries: .*; they are lost/);
});

test("W7 http-log: what the config names is granted to the bundled plugin alone, not to a file with its name", async () => {
  const entry = { name: "http-log", config: { http_endpoint: "http://127.0.0.1:9/?token=s3cret" } };
  const wasm = await readFile(join(ROOT, "plugins/dist/http-log.wasm"));
  const options = {
    config: config({ plugins: [entry] }),
    plugins: { "http-log": new Uint8Array(wasm) },
  };
  const refused = await spawnGateway(options);
  assert.notEqual(await refused.ended(), 0);
  assert.match(refused.log, /http:\/\/127\.0\.0\.1:9 is not in the entry's grants/);
  assert.doesNotMatch(refused.log, /s3cret/);
  const granted = { ...entry, grants: { fetch: ["127.0.0.1:9"] } };
  const gateway = await startGateway({ ...options, config: config({ plugins: [granted] }) });
  assert.equal(await gateway.stop(), 0);
});
