// A target that misbehaves as its parent tells it, one line of stdin each; runs as a process of its own, so that it can be
// killed. It says `listening PORT` and `behaves NAME` on stdout. Behaviours are about what a complete request gets.
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createInterface } from "node:readline";

import type { BehaviourName } from "./behaviours.ts";

const [name = "", wantedPort = "0"] = process.argv.slice(2);
const SLOW_MS = 2500;
const TRICKLE_MS = 100;
const WHOLE = "x".repeat(200);

let answer = answers().good;
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    for (let end = endOfRequest(received); end > 0; end = endOfRequest(received)) {
      received = received.slice(end);
      answer(socket);
    }
  });
  // The gateway may reset it, which is no news here.
  socket.on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
});
await listen(server, Number(wantedPort));
const { port } = server.address() as { port: number }; // listen() has been awaited.
console.log(`listening ${port}`);

for await (const line of createInterface({ input: process.stdin })) {
  // The parent writes names of behaviours.
  await behave(line as BehaviourName);
  console.log(`behaves ${line}`);
}

// Its parent is gone.
process.exit(0);

async function behave(next: BehaviourName): Promise<void> {
  const refuses = next === "refuses";
  if (refuses) {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  } else if (!server.listening) await listen(server, port);
  answer = answers()[next];
}

function listen(on: Server, at: number): Promise<void> {
  return new Promise((resolve) => void on.listen(at, "127.0.0.1", () => resolve()));
}

/** Where the first request ends, 0 when it is not complete; bodies have a Content-Length here. */
function endOfRequest(text: string): number {
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  if (headEnd < 4) return 0;
  const [, length = "0"] = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd)) ?? [];
  const end = headEnd + Number(length);
  return text.length >= end ? end : 0;
}

function answers(): Readonly<Record<BehaviourName, (socket: Socket) => void>> {
  const send =
    (...lines: readonly string[]) =>
    (socket: Socket): void =>
      void socket.write(lines.join("\r\n"));
  const good = send("HTTP/1.1 200 OK", `Content-Length: ${name.length}`, "", name);
  const cutAfter =
    (...lines: readonly string[]) =>
    (socket: Socket): void =>
      void socket.write(lines.join("\r\n"), () => socket.resetAndDestroy());
  const trickle =
    (first: string, rest: string) =>
    (socket: Socket): void => {
      socket.write(first);
      let at = 0;
      const timer = setInterval(() => void socket.write(rest[at++] ?? "-"), TRICKLE_MS);
      socket.on("close", () => clearInterval(timer));
    };
  return {
    good,
    refuses: (socket) => void socket.destroy(),
    resets: (socket) => void socket.resetAndDestroy(),
    closes: (socket) => void socket.end(),
    "resets in the head": cutAfter("HTTP/1.1 200 OK", "Content-Le"),
    "resets in the body": cutAfter("HTTP/1.1 200 OK", "Content-Length: 200", "", "half of it"),
    hangs: () => undefined,
    "trickles the head": trickle("HTTP/1.1 200 OK\r\nX-Long: ", WHOLE),
    "hangs in the body": send("HTTP/1.1 200 OK", "Content-Length: 200", "", "half of it"),
    "answers 503": send("HTTP/1.1 503 Busy", "Content-Length: 0", "", ""),
    "answers 500": send("HTTP/1.1 500 Oops", "Content-Length: 0", "", ""),
    "is slow": (socket) => void setTimeout(() => good(socket), SLOW_MS),
    "sends less than it says": (socket) =>
      void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nless"),
    "sends more than it says": send(
      "HTTP/1.1 200 OK",
      `Content-Length: ${name.length}`,
      "",
      `${name}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`,
    ),
    "ends within a chunk": (socket) =>
      void socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\npart"),
    "has two lengths": send("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 3", "", "abc"),
    "is no HTTP": send("SSH-2.0-OpenSSH_9.6", ""),
    "switches unasked": send("HTTP/1.1 101 Switching Protocols", "Upgrade: foo", "", ""),
    "has a status of 99": send("HTTP/1.1 099 What", "Content-Length: 0", "", ""),
  };
}
