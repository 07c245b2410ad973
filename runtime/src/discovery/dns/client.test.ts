import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { decode, encode, streamDecode, streamEncode, TRUNCATED_RESPONSE } from "dns-packet";
import type { DecodedPacket, Packet } from "dns-packet";
import { DnsClient, NoAnswer } from "./client.ts";
import type { DnsServer } from "./exchange.ts";

type Answering = (query: DecodedPacket, over: "udp" | "tcp") => readonly Packet[];

const closings: (() => void)[] = [];
after(() => {
  for (const close of closings) close();
});

/** A real server on UDP and TCP; what it answers may be several packets. */
async function serve(answering: Answering): Promise<DnsServer> {
  const tcp = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      // In two pieces, and the length apart from the rest.
      for (const packet of answering(streamDecode(bytes) as DecodedPacket, "tcp")) {
        const answer = streamEncode(packet);
        socket.write(answer.subarray(0, 1));
        setImmediate(() => socket.write(answer.subarray(1)));
      }
    });
  });
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", (bytes, from) => {
    for (const packet of answering(decode(bytes), "udp")) {
      udp.send(encode(packet), from.port, from.address);
    }
  });
  closings.push(() => tcp.close());
  try {
    udp.bind(port, "127.0.0.1");
    await once(udp, "listening");
  } catch {
    // Somebody else has the port over UDP.
    return serve(answering);
  }
  closings.push(() => udp.close());
  return { host: "127.0.0.1", port };
}

function reply(query: DecodedPacket, change: Partial<Packet> = {}): Packet {
  const name = query.questions?.[0]?.name ?? "";
  return {
    type: "response",
    id: query.id,
    questions: query.questions,
    answers: [{ type: "A", name, ttl: 5, data: "10.0.0.1" }],
    ...change,
  };
}

function client(...servers: readonly DnsServer[]): DnsClient {
  let id = 100;
  const randomId = (): number => id++;
  return new DnsClient({ servers: () => servers, timeoutMs: 100, attempts: 1, randomId });
}

const never = new AbortController().signal;
const SERVFAIL = 2;
const FORMERR = 1;

describe("a client of DNS", () => {
  test("asks over TCP what did not fit", async () => {
    const server = await serve((query, over) =>
      over === "udp" ? [reply(query, { flags: TRUNCATED_RESPONSE, answers: [] })] : [reply(query)],
    );
    const answer = await client(server).ask("api.test", "A", never);
    assert.equal(answer.kind === "records" && answer.records.length, 1);
  });

  test("takes no answer that was not asked for, and waits for the right one", async () => {
    const server = await serve((query) => [
      reply(query, { id: (query.id ?? 0) + 1, answers: [] }),
      reply(query, { questions: [{ type: "A", name: "other.test" }], answers: [] }),
      reply(query),
    ]);
    const answer = await client(server).ask("api.test", "A", never);
    assert.equal(answer.kind === "records" && answer.records.length, 1);
  });

  test("goes on to the next server after one that fails", async () => {
    const failing = await serve((query) => [reply(query, { flags: SERVFAIL, answers: [] })]);
    const good = await serve((query) => [reply(query)]);
    const answer = await client(failing, good).ask("api.test", "A", never);
    assert.equal(answer.kind, "records");
  });

  test("asks plainly where EDNS is not known", async () => {
    const server = await serve((query) => [
      query.additionals?.length === 0
        ? reply(query)
        : reply(query, { flags: FORMERR, answers: [] }),
    ]);
    assert.equal((await client(server).ask("api.test", "A", never)).kind, "records");
  });

  test("tells a server that failed from none that answered", async () => {
    const failing = await serve((query) => [reply(query, { flags: SERVFAIL, answers: [] })]);
    await assert.rejects(client(failing).ask("api.test", "A", never), (error: Error) => {
      return !(error instanceof NoAnswer) && error.message.includes("SERVFAIL");
    });
    const silent = await serve(() => []);
    await assert.rejects(client(silent).ask("api.test", "A", never), NoAnswer);
  });

  test("stops when nobody wants to know any more", async () => {
    const stopping = new AbortController();
    const silent = await serve(() => {
      stopping.abort();
      return [];
    });
    await assert.rejects(client(silent).ask("api.test", "A", stopping.signal));
  });
});
