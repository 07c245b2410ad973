// The commands as an operator meets them: help, exit codes, one-line errors, flags and environment.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { ask, get } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { spawnGateway, startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { sluice, spawnProgram } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const scratch = await useScratch();

const HELP: readonly { readonly args: readonly string[]; readonly names: readonly RegExp[] }[] = [
  { args: ["--help"], names: [/\bstart\b/, /\bcheck\b/, /\bplugin build\b/] },
  {
    args: ["start", "--help"],
    names: [
      /--config\b/,
      /--plugins-dir\b/,
      /--proxy-listen\b/,
      /--status-listen\b/,
      /SLUICE_PROXY_LISTEN\b/,
      /127\.0\.0\.1:8000/,
      /127\.0\.0\.1:8100/,
    ],
  },
  { args: ["check", "--help"], names: [/\bcheck\b/, /--plugins-dir\b/] },
  { args: ["plugin", "build", "--help"], names: [/\bplugin build\b/, /-o\b/] },
];

for (const { args, names } of HELP) {
  test(`cli: sluice ${args.join(" ")} explains itself on stdout and exits 0`, async () => {
    const { code, stdout, stderr } = await sluice(args);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    for (const name of names) assert.match(stdout, name);
  });
}

interface Mistake {
  readonly args: readonly string[];
  readonly says: RegExp;
}

const MISTAKES: readonly Mistake[] = [
  { args: ["strat"], says: /strat/ },
  { args: ["start", "--no-such-flag"], says: /--no-such-flag/ },
  { args: ["start", "--proxy-listen", "nonsense"], says: /--proxy-listen|nonsense/ },
  { args: ["start", "--proxy-listen", "127.0.0.1:99999"], says: /--proxy-listen|99999/ },
  { args: ["start", "--config", "/no/such/file.yaml"], says: /\/no\/such\/file\.yaml/ },
  { args: ["start", "--config"], says: /--config/ },
  { args: ["check", "/no/such/file.yaml"], says: /\/no\/such\/file\.yaml/ },
  { args: ["check"], says: /FILE|file/ },
  { args: ["plugin", "biuld"], says: /biuld/ },
  {
    args: ["plugin", "build", "/no/such/plugin.ts", "-o", "/tmp/x.wasm"],
    says: /\/no\/such\/plugin\.ts/,
  },
  { args: ["plugin", "build"], says: /FILE|file|source|\.ts/i },
];

for (const { args, says } of MISTAKES) {
  test(`cli: sluice ${args.join(" ")} is one clear line on stderr and a failing exit code`, async () => {
    const { code, stdout, stderr } = await sluice(args);
    assert.ok(code !== 0 && code !== null, `exit code ${code}`);
    assert.match(stderr, says);
    assert.equal(stdout, "");
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.ok(stderr.trimEnd().split("\n").length <= 2, stderr);
  });
}

test("cli: no command at all shows the help and fails", async () => {
  const { code, stdout, stderr } = await sluice([]);
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /\bstart\b[\s\S]*\bcheck\b/);
});

test("cli: a port that is taken is one clear line and a failing exit code", async (t) => {
  const upstream = await upstreamOf(t);
  const config = await scratch.write("taken.yaml", JSON.stringify(forwardAll(upstream.port)));
  const taken = `127.0.0.1:${upstream.port}`;
  const { code, stderr, stdout } = await sluice([
    "start",
    "--config",
    config,
    "--proxy-listen",
    taken,
    "--status-listen",
    "127.0.0.1:0",
  ]);
  assert.ok(code !== 0 && code !== null);
  assert.match(stdout + stderr, new RegExp(String(upstream.port)));
  assert.match(stdout + stderr, /in use|EADDRINUSE/i);
});

test("cli: start refuses a broken config with its place and exit code 1", async () => {
  const gateway = await spawnGateway({ config: '_format_version: "3.0"\nservises: []\n' });
  await assert.rejects(gateway.ready(), /exited/);
  assert.match(gateway.log, /gateway\.yaml:2:\d+/);
  assert.equal(await gateway.stop(), 1);
});

test("cli: flags can be given as SLUICE_* variables", async (t) => {
  const upstream = await upstreamOf(t);
  const config = await scratch.write("env.yaml", JSON.stringify(forwardAll(upstream.port)));
  const child = spawnProgram("runtime/src/cli.ts", ["start"], {
    env: {
      SLUICE_CONFIG: config,
      SLUICE_PROXY_LISTEN: "127.0.0.1:0",
      SLUICE_STATUS_LISTEN: "127.0.0.1:0",
    },
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let log = "";
      child.on("close", () => reject(new Error(log)));
      const look = (text: string): void => {
        log += text;
        const match = /proxy listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log);
        if (match !== null) resolve(Number(match[1]));
      };
      child.stdout?.setEncoding("utf8").on("data", look);
      child.stderr?.setEncoding("utf8").on("data", look);
    });
    assert.equal((await ask(port, get("/"))).text, "ok");
  } finally {
    child.kill("SIGKILL");
  }
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`cli: ${signal} ends the gateway with exit code 0`, async (t) => {
    const upstream = await upstreamOf(t);
    const gateway = await gatewayOf(t, upstream);
    assert.equal((await gateway.get("/")).status, 200);
    assert.equal(await gateway.stop(signal), 0);
  });
}

test("G10 cli: a request in flight at SIGTERM is answered before the end", async (t) => {
  const upstream = await upstreamOf(t);
  const gateway = await gatewayOf(t, upstream);
  let release = (): void => {};
  upstream.answer = (_request, connection) => {
    release = () => void connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
  };
  const pending = gateway.get("/slow");
  await upstream.request();
  gateway.process.kill("SIGTERM");
  setTimeout(() => release(), 200);
  assert.equal((await pending).text, "late");
  assert.equal(await gateway.ended(), 0);
});

async function upstreamOf(t: TestContext): Promise<Upstream> {
  const upstream = await startUpstream();
  t.after(() => upstream.close());
  return upstream;
}

async function gatewayOf(t: TestContext, upstream: Upstream): Promise<Gateway> {
  const gateway = await startGateway({ config: forwardAll(upstream.port) });
  t.after(() => gateway.stop("SIGKILL"));
  return gateway;
}
