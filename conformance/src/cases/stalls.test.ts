// What stands still beside the requests does not stop them: the process itself for a while, a full disk, a log that
// nobody reads, a name that no server knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { connect, get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { startGateway } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";
import type { UpstreamConnection } from "../harness/upstream.ts";

const READ_TIMEOUT_MS = 400;

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      service("slow", port, "/slow", { read_timeout: READ_TIMEOUT_MS, retries: 0 }),
      service("logged", port, "/logged", {
        plugins: [{ name: "file-log", config: { path: "/dev/full" } }],
      }),
      service("nowhere", port, "/nowhere", {
        url: "http://no-such-host.invalid",
        connect_timeout: 1000,
        retries: 0,
      }),
      service("plain", port, "/plain"),
    ],
  }),
}));

test("O6 stalls: a process that stood still for longer than every timeout fails no request for it", async () => {
  const held: UpstreamConnection[] = [];
  used.upstream.answer = (_request, connection) => void held.push(connection);
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connect(used.gateway.proxyPort)),
  );
  for (const client of clients) client.send(get("/slow"));
  await used.upstream.request(clients.length - 1);
  const { process: child } = used.gateway;
  child.kill("SIGSTOP");
  try {
    for (const connection of held) connection.send(reply("200 OK", "late"));
    // The time is what is tested: it must be longer than the limit.
    await delay(READ_TIMEOUT_MS * 3);
  } finally {
    child.kill("SIGCONT");
  }
  for (const client of clients) {
    assert.equal((await client.response()).text, "late");
    client.socket.destroy();
  }
});

test("O7 stalls: a log on a full disk costs lines, which are counted, and no request", async () => {
  for (let count = 0; count < 100; count++) {
    assert.equal((await used.gateway.get("/logged")).status, 200);
  }
  await used.gateway.logged(/ENOSPC/);
  const { text } = await used.gateway.status("/metrics");
  assert.ok(total(parseMetrics(text), "sluice_log_lines_dropped_total") > 0, text);
});

test("O7 stalls: a gateway whose own log nobody reads serves on", async (t) => {
  const { port } = used.upstream;
  const gateway = await startGateway({
    config: config({ services: [service("plain", port, "/")] }),
    flags: ["--log-level", "debug"],
  });
  t.after(() => gateway.stop());
  gateway.process.stdout?.pause();
  gateway.process.stderr?.pause();
  // More lines than the pipe and the gateway's own queue hold.
  for (let count = 0; count < 20_000; count += 100) {
    await Promise.all(Array.from({ length: 100 }, () => gateway.ask("nonsense\r\n\r\n")));
  }
  assert.equal((await gateway.get("/plain")).status, 200);
  gateway.process.stdout?.resume();
  gateway.process.stderr?.resume();
});

test("U13 stalls: a name that does not resolve is 503, and the others are served meanwhile", async () => {
  const lost = used.gateway.get("/nowhere");
  assert.equal((await used.gateway.get("/plain")).status, 200);
  const response = await lost;
  assert.equal(response.status, 503);
  assert.doesNotMatch(response.text, /no-such-host/);
});
