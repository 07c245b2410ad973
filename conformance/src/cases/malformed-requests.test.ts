// What RFC 9112 calls malformed gets an error and a closed connection, and no byte of it reaches an upstream.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

const POST = "POST /x HTTP/1.1";
const HOST = "Host: gw.test";
const CHUNKED = "Transfer-Encoding: chunked";

interface Malformed {
  readonly id: string;
  readonly what: string;
  readonly bytes: string;
  /** 400 when not given. */
  readonly statuses?: readonly number[];
  /** The head is fine, so it may have gone on; the request must never be complete upstream. */
  readonly isBodyFault?: boolean;
}

function withField(...lines: string[]): string {
  return `${head(POST, HOST, ...lines)}0\r\n\r\n`;
}

function chunked(body: string): string {
  return head(POST, HOST, CHUNKED) + body;
}

const OBFUSCATED_CODINGS = [
  "Transfer-Encoding : chunked",
  "Transfer-Encoding\t: chunked",
  " Transfer-Encoding: chunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding: \x0cchunked",
  "Transfer-Encoding: chunked\x0b",
  "Transfer-Encoding: \xa0chunked",
  "Transfer-Encoding: chunked\xff",
  "Transfer-Encoding: \x00chunked",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunkedx",
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding:",
  "Transfer-Encoding: cow",
  "Transfer\x00-Encoding: chunked",
  "\x01Transfer-Encoding: chunked",
  "Transfer-Encoding\x88: chunked",
];

const BAD_LENGTHS = [
  "5, 5",
  "5,6",
  "",
  "+5",
  "-1",
  "5.0",
  "1_0",
  "0x5",
  "5 5",
  "1e1",
  "\xb2",
  "99999999999999999999999999",
  "18446744073709551621",
];

const BAD_CHUNKS: Readonly<Record<string, string>> = {
  "H11 size 0x5": "0x5\r\nhello\r\n0\r\n\r\n",
  "H11 size +5": "+5\r\nhello\r\n0\r\n\r\n",
  "H11 size -0": "-0\r\n\r\n",
  "H11 size with a leading space": " 5\r\nhello\r\n0\r\n\r\n",
  "H11 size with a trailing space": "5 \r\nhello\r\n0\r\n\r\n",
  "H11 size of 17 digits": "00000000000000005\r\nhello\r\n0\r\n\r\n",
  "H11 size that overflows": "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
  "H11 empty size": "\r\nhello\r\n0\r\n\r\n",
  "H11 size that is no number": "g\r\nhello\r\n0\r\n\r\n",
  "H12 size line ended by a bare LF": "5\nhello\r\n0\r\n\r\n",
  "H12 size line ended by a bare CR": "5\rhello\r\n0\r\n\r\n",
  "H12 data not followed by CRLF": "5\r\nhelloXX0\r\n\r\n",
  "H12 data followed by a bare LF": "5\r\nhello\n0\r\n\r\n",
  "H12 last chunk followed by what is no trailer": "0\r\nXX\r\n\r\n",
  "H13 an extension of 20 KB": `5;${"a".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  "H13 a bare LF in an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n",
};

const BAD_HOSTS: Readonly<Record<string, readonly string[]>> = {
  "no Host": [],
  "two Host": [HOST, HOST],
  "two different Host": [HOST, "Host: other.test"],
  "an empty Host": ["Host:"],
  "Host with a slash": ["Host: a/b"],
  "Host with userinfo": ["Host: a@b"],
  "Host that is a list": ["Host: a,b"],
  "Host with a space": ["Host: a b"],
  "Host with a port that is no number": ["Host: a:80x"],
};

const BAD_TARGETS: Readonly<Record<string, string>> = {
  "authority-form for GET": "GET gw.test:80 HTTP/1.1",
  "* for GET": "GET * HTTP/1.1",
  "no slash": "GET x:@h:1/ HTTP/1.1",
  "an at sign": "GET @h HTTP/1.1",
  "a relative path": "GET x HTTP/1.1",
  "a space": "GET /a b HTTP/1.1",
  "a tab": "GET /a\tb HTTP/1.1",
  "a NUL": "GET /a\0b HTTP/1.1",
  "a control byte": "GET /a\x01 HTTP/1.1",
  "bytes above 0x7f": "GET /\xe9 HTTP/1.1",
  nothing: "GET  HTTP/1.1",
};

const CASES: readonly Malformed[] = [
  ...["chunked", "identity", "gzip"].map((coding) => ({
    id: "H1",
    what: `Content-Length with Transfer-Encoding: ${coding}`,
    bytes: withField("Content-Length: 5", `Transfer-Encoding: ${coding}`),
    statuses: [400, 501],
  })),
  ...OBFUSCATED_CODINGS.map((line) => ({
    id: "H2",
    what: `the field line ${JSON.stringify(line)}`,
    bytes: withField(line),
    statuses: [400, 501],
  })),
  {
    id: "H3",
    what: "an empty coding before chunked",
    bytes: withField("Transfer-Encoding: ,chunked"),
  },
  {
    id: "H3",
    what: "gzip before chunked",
    bytes: withField("Transfer-Encoding: gzip, chunked"),
    statuses: [400, 501],
  },
  { id: "H4", what: "Transfer-Encoding twice", bytes: withField(CHUNKED, CHUNKED) },
  {
    id: "H5",
    what: "Transfer-Encoding in HTTP/1.0",
    bytes: `${head("POST /x HTTP/1.0", HOST, CHUNKED)}0\r\n\r\n`,
  },
  {
    id: "H6",
    what: "two equal Content-Length",
    bytes: `${head(POST, HOST, "Content-Length: 5", "Content-Length: 5")}hello`,
  },
  {
    id: "H6",
    what: "two different Content-Length",
    bytes: `${head(POST, HOST, "Content-Length: 5", "Content-Length: 0")}hello`,
  },
  ...BAD_LENGTHS.map((value) => ({
    id: "H6",
    what: `Content-Length: ${JSON.stringify(value)}`,
    bytes: `${head(POST, HOST, `Content-Length: ${value}`)}hello`,
  })),
  { id: "H7", what: "a space before the colon", bytes: get("/x", "X-A : b") },
  { id: "H7", what: "a tab before the colon", bytes: get("/x", "X-A\t: b") },
  { id: "H7", what: "a space before the first field", bytes: head("GET /x HTTP/1.1", ` ${HOST}`) },
  { id: "H7", what: "a folded line", bytes: get("/x", "X-A: b", " c") },
  { id: "H7", what: "a line folded by a tab", bytes: get("/x", "X-A: b", "\tc") },
  { id: "H8", what: "bare LF as line end", bytes: `GET /x HTTP/1.1\n${HOST}\n\n` },
  { id: "H8", what: "a bare LF after a field", bytes: `GET /x HTTP/1.1\r\n${HOST}\nX: y\r\n\r\n` },
  { id: "H8", what: "a bare CR after a field", bytes: `GET /x HTTP/1.1\r\n${HOST}\rX: y\r\n\r\n` },
  { id: "H8", what: "a bare CR in a value", bytes: get("/x", "X-A: b\rc") },
  { id: "H8", what: "NUL in a value", bytes: get("/x", "X-A: b\0c") },
  { id: "H8", what: "NUL in a name", bytes: get("/x", "X\0A: b") },
  { id: "H8", what: "a control byte in a value", bytes: get("/x", "X-A: b\x01") },
  { id: "H8", what: "DEL in a value", bytes: get("/x", "X-A: b\x7f") },
  { id: "H9", what: "an empty field name", bytes: get("/x", ": b") },
  { id: "H10", what: "a line without a colon", bytes: get("/x", "nonsense") },
  { id: "H10", what: "a field name that is no token", bytes: get("/x", "X(A): b") },
  ...Object.entries(BAD_CHUNKS).map(([name, body]) => ({
    id: name.slice(0, 3),
    what: name.slice(4),
    bytes: chunked(body),
    statuses: [400, 413],
    isBodyFault: true,
  })),
  ...Object.entries(BAD_HOSTS).map(([what, lines]) => ({
    id: "H14",
    what,
    bytes: head("GET /x HTTP/1.1", ...lines),
  })),
  ...Object.entries(BAD_TARGETS).map(([what, line]) => ({
    id: "H16",
    what: `a target with ${what}`,
    bytes: head(line, HOST),
  })),
  { id: "H17", what: "HTTP/0.9", bytes: "GET /x\r\n\r\n", statuses: [400, 505] },
  ...[
    "HTTP/0.9",
    "HTTP/1.2",
    "HTTP/2.0",
    "HTTP/9.9",
    "HTTP/1.1x",
    "HTTP/1.",
    "http/1.1",
    "HTTP/1.10",
  ].map((version) => ({
    id: "H17",
    what: `the version ${version}`,
    bytes: head(`GET /x ${version}`, HOST),
    statuses: [400, 505],
  })),
  ...['G=":"', "get", "Get", "FOO", "G\x01T", "G".repeat(10_000)].map((method) => ({
    id: "H18",
    what: `the method ${JSON.stringify(method.slice(0, 20))}`,
    bytes: head(`${method} /x HTTP/1.1`, HOST),
    statuses: [400, 405, 414, 501],
  })),
  { id: "H29", what: "a fragment in the target", bytes: get("/x#y") },
];

for (const { id, what, bytes, statuses = [400], isBodyFault = false } of CASES) {
  test(`${id} malformed: ${what}`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(bytes);
    const response = await client.response();
    assert.ok(statuses.includes(response.status), `${response.status}`);
    assert.match(response.header("connection") ?? "", /close/i);
    assert.equal(await client.rest(), "");
    if (!isBodyFault) assert.equal(used.upstream.byteCount, 0);
    assert.equal((await used.gateway.get("/after")).status, 200);
    assert.deepEqual(
      used.upstream.requests.map((request) => request.target),
      ["/after"],
    );
    client.socket.destroy();
  });
}

test("malformed: 400 is JSON with Kong's text and a request id", async () => {
  const response = await used.gateway.ask(get("/x", ": b"));
  assert.deepEqual(response.json(), {
    message: "Bad request",
    request_id: response.header("x-request-id"),
  });
});

test("malformed: what came before the malformed request on a connection is answered first", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/good") + get("/bad", ": x") + get("/never"));
  assert.equal((await client.response()).status, 200);
  assert.equal((await client.response()).status, 400);
  assert.equal(await client.rest(), "");
  assert.deepEqual(
    used.upstream.requests.map((request) => request.target),
    ["/good"],
  );
});

test("H6 malformed: Content-Length 010 is ten bytes or refused, never eight", async () => {
  const response = await used.gateway.ask(`${head(POST, HOST, "Content-Length: 010")}0123456789`);
  if (response.status === 400) return;
  assert.equal((await used.upstream.request()).body.toString("latin1"), "0123456789");
});

test("H13 malformed: many one-byte chunks with extensions cost bounded time and lose the extensions", async () => {
  const count = 50_000;
  const client = await connect(used.gateway.proxyPort);
  client.send(chunked(`${"1;abcdefgh\r\nx\r\n".repeat(count)}0\r\n\r\n`));
  const response = await client.response("POST", 15_000);
  if (response.status === 200) {
    assert.equal((await used.upstream.request()).body.length, count);
  } else {
    assert.ok([400, 413].includes(response.status));
  }
  client.socket.destroy();
});

test("H15 malformed: an absolute-form target wins over Host, or is refused", async () => {
  const response = await used.gateway.ask(
    head("GET http://target.test/abs?x=1 HTTP/1.1", "Host: other.test"),
  );
  if (response.status === 400) return;
  const request = await used.upstream.request();
  assert.equal(request.target, "/abs?x=1");
  assert.equal(request.header("x-forwarded-host"), "target.test");
});
