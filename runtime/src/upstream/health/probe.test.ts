import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ActiveCheckConfig } from "../../config/upstream-model.ts";
import { currentPlatform } from "../../platform/current.ts";
import type { Platform } from "../../platform/socket.ts";
import { freePort, listenRaw } from "../../sockets.testing.ts";
import type { Peer } from "../../sockets.testing.ts";
import { targetAt } from "../target.ts";
import { FakeClock, activeCheck } from "../upstreams.testing.ts";
import { createProbe } from "./probe.ts";
import type { ProbeResult } from "./probe.ts";

interface ProbeParts {
  readonly config?: Partial<ActiveCheckConfig>;
  readonly hostHeader?: string;
  readonly clock?: FakeClock;
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
}

async function probe(port: number, parts: ProbeParts = {}): Promise<ProbeResult> {
  const target = targetAt({ id: "t", host: "127.0.0.1", port, weight: 1 });
  const ask = createProbe({
    config: activeCheck(parts.config),
    hostHeader: parts.hostHeader,
    platform: parts.platform ?? (await currentPlatform()),
    clock: parts.clock ?? new FakeClock(),
  });
  return ask(target, parts.signal ?? new AbortController().signal);
}

/** An upstream that says this to each request; its heads. */
async function saying(
  answer: string,
  heads: string[] = [],
  afterwards: (peer: Peer) => void = () => undefined,
): Promise<number> {
  return listenRaw((peer) => {
    const serve = async (): Promise<void> => {
      heads.push(await peer.take(/\r\n\r\n/));
      peer.send(answer);
      afterwards(peer);
    };
    serve().catch(() => peer.destroy());
  });
}

describe("a probe", () => {
  test("gets the path, with the upstream's headers, and reads the status", async () => {
    const heads: string[] = [];
    const port = await saying("HTTP/1.1 204 No Content\r\n\r\n", heads);
    const config = {
      path: "/up?x=1",
      headers: [
        ["X-A", "1"],
        ["X-A", "2"],
      ] as const,
    };
    assert.deepEqual(await probe(port, { config }), { kind: "status", status: 204 });
    assert.equal(
      heads[0],
      `GET /up?x=1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nX-A: 1\r\nX-A: 2\r\n\r\n`,
    );
    await probe(port, { hostHeader: "inner.test" });
    assert.match(heads[1] ?? "", /\r\nHost: inner\.test\r\n/);
  });

  test("needs no more than the status line, and leaves without the rest", async () => {
    const closed = Promise.withResolvers<void>();
    const port = await saying("HTTP/1.0 503 x\r\nContent-Length: 9999999\r\n\r\n", [], (peer) => {
      void peer.rest().then(() => closed.resolve());
    });
    assert.deepEqual(await probe(port), { kind: "status", status: 503 });
    await closed.promise;
  });

  for (const answer of ["SSH-2.0-x\r\n", "HTTP/2 200\r\n", "HTTP/1.1 20 x\r\n", "x".repeat(5000)]) {
    test(`U10 takes ${JSON.stringify(answer.slice(0, 12))} for no HTTP`, async () => {
      assert.deepEqual(await probe(await saying(answer)), { kind: "no_http" });
    });
  }

  test("of type tcp is content with a connection", async () => {
    const port = await listenRaw(() => undefined);
    assert.deepEqual(await probe(port, { config: { type: "tcp" } }), { kind: "connected" });
  });

  for (const type of ["http", "tcp"] as const) {
    test(`U1 of type ${type} fails when the connection is refused`, async () => {
      const result = await probe(await freePort(), { config: { type } });
      assert.equal(result.kind, "tcp_failure");
    });
  }

  test("U1 fails when the target closes or resets without an answer", async () => {
    for (const how of ["end", "reset"] as const) {
      const port = await saying("", [], (peer) => peer[how]());
      assert.equal((await probe(port)).kind, "tcp_failure");
    }
  });

  test("U2 gives up after the timeout, and closes its connection", async () => {
    const clock = new FakeClock();
    const asked = Promise.withResolvers<Peer>();
    const port = await saying("HTTP/1.1 2", [], asked.resolve);
    const result = probe(port, { clock });
    const peer = await asked.promise;
    await clock.advance(999);
    await clock.advance(1);
    assert.deepEqual(await result, { kind: "timeout" });
    await peer.rest();
  });

  test("is given up when the checks end", async () => {
    const stopping = new AbortController();
    const asked = Promise.withResolvers<Peer>();
    const port = await saying("", [], asked.resolve);
    const result = probe(port, { signal: stopping.signal });
    const peer = await asked.promise;
    stopping.abort();
    assert.equal((await result).kind, "not_probed");
    await peer.rest();
  });

  test("that the gateway cannot make says nothing of the target", async () => {
    const platform: Platform = {
      ...(await currentPlatform()),
      connect: (_address, handler) => {
        const error = Object.assign(new Error("too many open files"), { code: "EMFILE" });
        setImmediate(() => handler.onClose(error));
        return { destroy: () => undefined } as ReturnType<Platform["connect"]>;
      },
    };
    assert.deepEqual(await probe(1, { platform }), {
      kind: "not_probed",
      detail: "too many open files",
    });
  });
});
