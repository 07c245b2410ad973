// Opens keep-alive connections, gets one answer on each, and holds them. A program of its own: argv is PORT COUNT.
import { connect } from "node:net";
import { CLIENT_HEADERS } from "../fixture.ts";
import { ResponseCounter } from "../open-loop/response-counter.ts";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
/** Connections that are being opened at a time: a burst would only measure the listen queue. */
const AT_ONCE = 64;

const headers = Object.entries({ Host: `127.0.0.1:${port}`, ...CLIENT_HEADERS });
const lines = ["GET / HTTP/1.1", ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
const message = lines.join("\r\n");

let opened = 0;
await Promise.all(Array.from({ length: AT_ONCE }, openUntilAllAre));
process.stdout.write("ready\n");

async function openUntilAllAre(): Promise<void> {
  while (opened < count) {
    opened++;
    await openOne();
  }
}

function openOne(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const counter = new ResponseCounter();
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("connect", () => socket.write(message));
  socket.on("data", (bytes: Buffer) => {
    if (counter.push(bytes) > 0) resolve();
    if (counter.statusErrors > 0) fail("an answer that is not 2xx");
  });
  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("the proxy closed a connection"));
  return promise;
}

function fail(reason: string): never {
  process.stdout.write(`${opened} connections opened, then: ${reason}\n`);
  process.exit(1);
}
