// One damaged stream of requests through the gateway: what reaches the upstream is what the strict parser reads in
// it, as far as the gateway accepted it, and nothing else.
import { endToEndOfRequest } from "../harness/end-to-end.ts";
import type { Header } from "../harness/message.ts";
import { readStrictRequest, readStrictResponse } from "../harness/strict.ts";
import type { Parsed, StrictRequest, StrictResponse } from "../harness/strict.ts";
import { canonicalTarget } from "./canonical.ts";
import { makeRequests } from "./messages.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import type { Iteration, Parts } from "./run.ts";
import { connectWire } from "./wire.ts";
import type { Wire } from "./wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What the strict parser makes of a client's bytes. */
interface Reading {
  readonly requests: readonly StrictRequest[];
  /** Why there are no more: the bytes end, are wrong, or the last request said that it is the last. */
  readonly end: "partial" | "malformed" | "last";
}

export async function fuzzRequests(random: Random, parts: Parts): Promise<Iteration> {
  return passRequests(inPieces(mutate(makeRequests(random), random), random), parts);
}

/** Sends the pieces on a connection of their own, and judges both sides. */
export async function passRequests(pieces: readonly string[], parts: Parts): Promise<Iteration> {
  const sent = pieces.join("");
  const reading = readAll(Buffer.from(sent, "latin1"));
  parts.upstream.reset();
  parts.upstream.answer = ({ connection, request }) =>
    connection.send(request.method === "HEAD" ? OK.slice(0, -2) : OK);
  const wire = await connectWire(parts.port);
  for (const piece of pieces) wire.send(piece);
  const faults = await judge(wire, reading, parts);
  wire.socket.destroy();
  const answers = readAnswers(wire, reading);
  return {
    faults,
    sent,
    accepted: parts.upstream.arrivals.length,
    got: `client: ${wire.received.toString("latin1")}\nupstream: ${shown(parts)}`,
    outcome: answers.refusal === undefined ? "accepted" : String(answers.refusal),
  };
}

function readAll(bytes: Buffer): Reading {
  const requests: StrictRequest[] = [];
  for (let at = 0; ;) {
    const parsed = readStrictRequest(bytes, at);
    if (parsed.kind !== "whole") return { requests, end: parsed.kind };
    requests.push(parsed.message);
    if (parsed.message.isLast) return { requests, end: "last" };
    at = parsed.end;
  }
}

function inPieces(text: string, random: Random): string[] {
  if (random.chance(60)) return [text];
  const cut = random.below(text.length + 1);
  return [text.slice(0, cut), text.slice(cut)].filter((piece) => piece !== "");
}

async function judge(wire: Wire, reading: Reading, parts: Parts): Promise<string[]> {
  const faults: string[] = [];
  const isAnswered = (): boolean => {
    if (wire.isEnded) return true;
    const { answered, refusal } = readAnswers(wire, reading);
    // After the answer to what is wrong or last, the connection has to end (I4).
    if (refusal !== undefined || reading.end !== "partial") return false;
    return answered >= reading.requests.length;
  };
  if (!(await wire.until(isAnswered))) faults.push("neither answered nor closed (I4)");
  wire.socket.end();
  if (!(await wire.until(() => wire.isEnded))) faults.push("not closed after the client's FIN");
  const { upstream } = parts;
  faults.push(...upstream.faults.map((fault) => `malformed upstream (I2): ${fault}`));
  const answers = readAnswers(wire, reading);
  if (answers.fault !== undefined) faults.push(answers.fault);
  if (upstream.arrivals.length > reading.requests.length) {
    const counts = `${upstream.arrivals.length} for ${reading.requests.length}`;
    faults.push(`more requests upstream than the client sent (I3): ${counts}`);
  }
  if (answers.accepted.length !== upstream.arrivals.length) {
    faults.push(`${upstream.arrivals.length} upstream, ${answers.accepted.length} answered`);
  }
  const isAllAnswered = answers.answered >= reading.requests.length && reading.end !== "malformed";
  if (answers.refusal === undefined && !isAllAnswered) faults.push("closed without a refusal");
  for (const [at, { request }] of upstream.arrivals.entries()) {
    const original = reading.requests[answers.accepted[at] ?? at];
    if (original !== undefined) faults.push(...differences(original, request, parts));
  }
  return faults;
}

interface Answers {
  /** Requests that are over and done with. */
  readonly answered: number;
  /** Which of them got the upstream's 200. */
  readonly accepted: readonly number[];
  /** The status of the gateway's own last answer. */
  readonly refusal: number | undefined;
  readonly fault: string | undefined;
}

function readAnswers(wire: Wire, { requests }: Reading): Answers {
  const bytes = wire.received;
  const accepted: number[] = [];
  let answered = 0;
  for (let at = 0; at < bytes.length;) {
    const method = requests[answered]?.method ?? "GET";
    const parsed = readAnswer(bytes, at, { method, isEnded: wire.isEnded });
    const state = { answered, accepted, refusal: undefined };
    if (parsed.kind === "malformed") {
      return { ...state, fault: `malformed to the client (I2): ${parsed.why}` };
    }
    if (parsed.kind === "partial") break;
    at = parsed.end;
    const { status } = parsed.message;
    if (status < 200) continue;
    if (status === 200) accepted.push(answered);
    else if (closes(parsed.message)) {
      return { ...state, refusal: status, fault: status < 500 ? after(bytes, at) : over(status) };
    }
    // A route's policy may refuse a request that is well-formed, and nothing else, and keep the connection.
    else if (requests[answered] === undefined || status >= 500) {
      return { ...state, refusal: status, fault: `${status}, and the connection stays (I4)` };
    }
    answered++;
  }
  return { answered, accepted, refusal: undefined, fault: undefined };
}

function closes({ headers }: StrictResponse): boolean {
  return headers.some(([name, value]) => /^connection$/i.test(name) && /^close$/i.test(value));
}

/** A refusal of what the gateway could not read has a body whatever the method; one to a HEAD may have none. */
function readAnswer(
  bytes: Buffer,
  at: number,
  to: { readonly method: string; readonly isEnded: boolean },
): Parsed<StrictResponse> {
  const head = readStrictResponse(bytes, at, { ...to, method: "HEAD" });
  const isRefusal = head.kind === "whole" && head.message.status > 200 && closes(head.message);
  const parsed = readStrictResponse(bytes, at, isRefusal ? { ...to, method: "GET" } : to);
  const isHeadAlone = isRefusal && parsed.kind === "partial" && to.isEnded;
  return isHeadAlone ? head : parsed;
}

function after(bytes: Buffer, at: number): string | undefined {
  return at < bytes.length ? "more answers after the refusal (I4)" : undefined;
}

/** The upstream answers everything: a 5xx is the gateway's own failure, unless it says "not that method or version". */
function over(status: number): string | undefined {
  return status === 501 || status === 505 ? undefined : `the gateway answered ${status}`;
}

function differences(sent: StrictRequest, got: StrictRequest, { upstream }: Parts): string[] {
  const faults: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown): void => {
    const [want, have] = [JSON.stringify(expected), JSON.stringify(actual)];
    if (want !== have) faults.push(`${what}: ${have} upstream instead of ${want}`);
  };
  compare("method", sent.method, got.method);
  compare("target", canonicalTarget(sent.target), got.target);
  compare("body", sent.body.toString("latin1"), got.body.toString("latin1"));
  compare("headers", endToEndOfRequest(sent.headers), endToEndOfRequest(got.headers));
  const hosts = got.headers.filter(([name]) => name.toLowerCase() === "host");
  compare(
    "Host",
    [`127.0.0.1:${upstream.port}`],
    hosts.map(([, value]) => value),
  );
  const sentTrailers = new Set(sent.trailers.map(textOf));
  for (const trailer of got.trailers) {
    if (!sentTrailers.has(textOf(trailer))) faults.push(`trailer from nowhere: ${textOf(trailer)}`);
    if (
      /^(?:host|content-length|transfer-encoding|authorization|x-forwarded-.*)$/i.test(trailer[0])
    ) {
      faults.push(`trailer that must not pass (H26): ${textOf(trailer)}`);
    }
  }
  return faults;
}

function textOf([name, value]: Header): string {
  return `${name}: ${value}`;
}

function shown({ upstream }: Parts): string {
  return JSON.stringify(
    upstream.arrivals.map(({ request }) => ({ ...request, body: request.body.toString("latin1") })),
  );
}
