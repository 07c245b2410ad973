// One damaged response through the gateway: the client gets exactly what the strict parser reads in it, or 502, or
// a cut connection; and what was left on the upstream's connection answers nobody.
import { endToEndOfResponse } from "../harness/end-to-end.ts";
import { readStrictResponse } from "../harness/strict.ts";
import type { StrictResponse } from "../harness/strict.ts";
import { makeResponse } from "./messages.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import type { Iteration, Parts } from "./run.ts";
import { connectWire } from "./wire.ts";
import type { Wire } from "./wire.ts";

const PONG = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npong";

/** What the strict parser makes of the bytes that answer one request. */
interface Reading {
  /** Interim responses and the final one; undefined when there is none. */
  readonly responses: readonly StrictResponse[] | undefined;
  /** Where the final response ends, or the bytes do. */
  readonly end: number;
}

export async function fuzzResponses(random: Random, parts: Parts): Promise<Iteration> {
  const sent = mutate(makeResponse(random), random);
  const bytes = Buffer.from(sent, "latin1");
  const method = random.chance(15) ? "HEAD" : "GET";
  const reading = readAll(bytes, method, true);
  const endsOpen = readAll(bytes, method, false).responses !== undefined;
  const { upstream } = parts;
  upstream.reset();
  let tainted: Wire | undefined;
  // What follows the response goes out with its last bytes: sent later, it would race the next request.
  const cut = random.chance(60) ? 0 : random.below(reading.end);
  upstream.answer = ({ request, connection }) => {
    if (request.target !== "/fuzz") return connection.send(PONG);
    if (cut > 0) connection.send(sent.slice(0, cut));
    connection.send(sent.slice(cut));
    if (!endsOpen) connection.socket.end();
    else if (mustNotBeReused(reading, bytes)) tainted = connection;
  };
  const wire = await connectWire(parts.port);
  wire.send(`${method} /fuzz HTTP/1.1\r\nHost: gw.test\r\n\r\n`);
  const isOver = (): boolean =>
    wire.isEnded || readAll(wire.received, method, false).responses !== undefined;
  const faults = (await wire.until(isOver)) ? [] : ["neither answered nor closed"];
  const got = readAll(wire.received, method, false);
  faults.push(...upstream.faults.map((fault) => `malformed upstream (I2): ${fault}`));
  const clientText = wire.received.toString("latin1");
  faults.push(...differences(reading, got, { method, isEnded: wire.isEnded }));
  wire.drop(got.responses === undefined ? wire.received.length : got.end);
  faults.push(...(await probe(wire, parts)));
  wire.socket.destroy();
  const prober = upstream.arrivals.at(-1)?.connection;
  if (tainted !== undefined && prober === tainted) {
    faults.push("a connection with a doubtful end was used again (I5)");
  }
  const outcome = got.responses === undefined ? "cut" : String(got.responses.at(-1)?.status);
  const accepted = outcome === "cut" || outcome === "502" ? 0 : 1;
  return { faults, sent, accepted, got: `client: ${clientText}`, outcome };
}

function readAll(bytes: Buffer, method: string, isEnded: boolean): Reading {
  const responses: StrictResponse[] = [];
  for (let at = 0; ;) {
    const parsed = readStrictResponse(bytes, at, { method, isEnded });
    if (parsed.kind !== "whole") return { responses: undefined, end: bytes.length };
    const { status } = parsed.message;
    // 100 is between two neighbours, and 101 to nobody's Upgrade is a fault.
    if (status === 101) return { responses: undefined, end: bytes.length };
    if (status !== 100) responses.push(parsed.message);
    at = parsed.end;
    if (status >= 200) return { responses, end: at };
  }
}

/** Bytes are left over, or the upstream said that it closes (I5). */
function mustNotBeReused({ responses, end }: Reading, bytes: Buffer): boolean {
  if (responses === undefined || end < bytes.length) return true;
  const final = responses.at(-1);
  return (
    final?.headers.some(([name, value]) => /^connection$/i.test(name) && /^close$/i.test(value)) ===
    true
  );
}

function differences(
  reading: Reading,
  got: Reading,
  { method, isEnded }: { readonly method: string; readonly isEnded: boolean },
): string[] {
  const final = got.responses?.at(-1);
  if (final === undefined || got.responses === undefined) {
    return isEnded ? [] : ["unreadable to the client, and not cut"];
  }
  // The gateway's own, which has no body to be known by when it answers a HEAD.
  if (final.status === 502 && (method === "HEAD" || final.body.includes('"request_id"'))) return [];
  if (reading.responses === undefined) {
    return [`${final.status} to the client, of a response that is none`];
  }
  const [want, have] = [reading.responses.map(comparable), got.responses.map(comparable)];
  return want.join("\n") === have.join("\n")
    ? []
    : [`to the client:\n${have.join("\n")}\ninstead of:\n${want.join("\n")}`];
}

function comparable({ status, headers, body }: StrictResponse): string {
  const kept = endToEndOfResponse(headers, status).filter(([name]) => !/^date$/i.test(name));
  return JSON.stringify({ status, headers: kept, body: body.toString("latin1") });
}

/** A next request, on the same connection when there is one, gets its own answer and nothing before it. */
async function probe(wire: Wire, { port }: Parts): Promise<string[]> {
  const isSame = !wire.isEnded;
  const prober = isSame ? wire : await connectWire(port);
  prober.send("GET /probe HTTP/1.1\r\nHost: gw.test\r\n\r\n");
  const isAnswered = (): boolean => {
    return prober.isEnded || prober.received.includes("\r\n\r\npong");
  };
  await prober.until(isAnswered);
  const text = prober.received.toString("latin1");
  const isEnded = prober.isEnded;
  if (!isSame) prober.socket.destroy();
  if (/^HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)+\r\npong$/.test(text)) return [];
  // The gateway may have said that this was the last answer, or be about to.
  return isSame && isEnded && text === "" ? [] : [`the next request got ${JSON.stringify(text)}`];
}
