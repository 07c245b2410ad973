// Valid requests and responses to start from, of all the kinds that frame their bodies differently.
import type { Random } from "./random.ts";

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const SEGMENTS = [
  "a",
  "b.c",
  "%41",
  "x%20y",
  "..",
  ".",
  "",
  "caf%C3%A9",
  "a;b=1",
  "~u",
  "A-Z_",
  "%7Eq",
  "%2541",
];
const QUERIES = ["", "?", "?a=1", "?a=1&b=%2f..", "?x=//../", "?q=%zz?"];
const HOSTS = ["gw.test", "GW.test:80", "127.0.0.1", "[::1]:8000", "a-b.c"];
const VALUES = ["1", "", "a, b", "\xe9\xff", "x\ty", '"q;u=1"', "Mon, 01 Jan 2024 00:00:00 GMT"];
const NAMES = [
  "X-A",
  "x-a",
  "Accept",
  "Cookie",
  "X_Under",
  "Authorization",
  "Via",
  "TE",
  "Cache-Control",
];
const REASONS = ["OK", "", "Found it", "\xe9tat"];
const STATUSES = [200, 200, 201, 204, 206, 301, 304, 404, 418, 500, 503];

/** One to three requests on one connection. */
export function makeRequests(random: Random): string {
  const requests = [makeRequest(random), ...random.list(3, () => makeRequest(random))];
  return requests.join("");
}

function makeRequest(random: Random): string {
  const method = random.pick(METHODS);
  const path = `/${random.list(4, () => random.pick(SEGMENTS)).join("/")}${random.pick(QUERIES)}`;
  const host = random.pick(HOSTS);
  const target = random.chance(10) ? `http://${random.pick(HOSTS)}${path}` : path;
  const version = random.chance(8) ? "HTTP/1.0" : "HTTP/1.1";
  const lines = [`${method} ${target} ${version}`, `Host: ${host}`, ...makeFields(random)];
  if (random.chance(8)) lines.push(`Connection: ${random.pick(["close", "keep-alive", "X-A"])}`);
  const hasBody = method !== "GET" && method !== "HEAD" ? random.chance(70) : random.chance(10);
  if (!hasBody) return message(lines, "");
  return withBody(random, lines, version === "HTTP/1.1");
}

/** The bytes of one response, which interim ones may precede. */
export function makeResponse(random: Random): string {
  const interim = random.chance(15) ? message(["HTTP/1.1 103 Early Hints", "Link: </a>"], "") : "";
  const status = random.pick(STATUSES);
  const version = random.chance(8) ? "HTTP/1.0" : "HTTP/1.1";
  const lines = [`${version} ${status} ${random.pick(REASONS)}`, ...makeFields(random)];
  if (random.chance(10)) lines.push(`Connection: ${random.pick(["close", "keep-alive", "X-A"])}`);
  if (status === 204 || status === 304) return interim + message(lines, "");
  // Until the connection's end.
  if (random.chance(15)) return interim + message(lines, makeBody(random));
  return interim + withBody(random, lines, version === "HTTP/1.1");
}

function makeFields(random: Random): string[] {
  return random.list(5, () => `${random.pick(NAMES)}: ${random.pick(VALUES)}`);
}

function withBody(random: Random, lines: string[], mayChunk: boolean): string {
  if (mayChunk && random.chance(50)) {
    return message([...lines, "Transfer-Encoding: chunked"], makeChunks(random));
  }
  const body = makeBody(random);
  return message([...lines, `Content-Length: ${body.length}`], body);
}

function makeBody(random: Random): string {
  return random.pick([
    "",
    "x",
    "hello",
    "0\r\n\r\n",
    "GET /in-body HTTP/1.1\r\nHost: b\r\n\r\n",
    "\0\xff",
  ]);
}

function makeChunks(random: Random): string {
  const chunks = random.list(4, () => {
    const data = makeBody(random) || "y";
    const size = data.length.toString(16);
    const extension = random.pick(["", "", "", ";a", ";a=b", ';a="b c"']);
    return `${random.chance(20) ? size.toUpperCase().padStart(3, "0") : size}${extension}\r\n${data}\r\n`;
  });
  const trailers = random.pick([
    "",
    "",
    "X-T: 1\r\n",
    "X-T: 1\r\nHost: evil\r\nContent-Length: 9\r\n",
  ]);
  return `${chunks.join("")}0\r\n${trailers}\r\n`;
}

function message(lines: readonly string[], body: string): string {
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
