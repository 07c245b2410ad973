import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  NO_SIGNAL,
  TestServer,
  clientFor,
  ok,
  redirectTo,
  requestFor,
  rulesFor,
} from "./outbound.testing.ts";
import type { OutboundRequest } from "./outbound-request.ts";
import { redirected } from "./redirect.ts";

const FROM = new URL("http://a.test/");

function sent(status: number, parts: Partial<OutboundRequest>, to = "http://a.test/next") {
  return redirected(requestFor(FROM.href, parts), status, FROM, new URL(to));
}

for (const [status, method, becomes] of [
  [301, "POST", "GET"],
  [302, "POST", "GET"],
  [303, "POST", "GET"],
  [303, "PUT", "GET"],
  [303, "HEAD", "HEAD"],
  [301, "PUT", "PUT"],
  [307, "POST", "POST"],
  [308, "POST", "POST"],
] as const) {
  test(`a ${method} that gets ${status} becomes a ${becomes}`, () => {
    const request = sent(status, {
      method,
      body: Buffer.from("data"),
      headers: [
        ["Content-Type", "text/plain"],
        ["X-A", "1"],
      ],
    });
    assert.equal(request.method, becomes);
    const keepsBody = becomes === method;
    assert.equal(request.body.toString(), keepsBody ? "data" : "");
    const names = request.headers.map(([name]) => name);
    assert.deepEqual(names, keepsBody ? ["Content-Type", "X-A"] : ["X-A"]);
  });
}

const HEADERS = [
  ["Authorization", "Bearer x"],
  ["Cookie", "a=b"],
  ["X-Api-Key", "x"],
  ["X-Auth-Token", "x"],
  ["X-Trace", "1"],
] as const;

test("credentials stay at the origin that they are for", () => {
  const names = (to: string): string[] =>
    sent(302, { headers: HEADERS }, to).headers.map(([name]) => name);
  assert.equal(names("http://a.test/next").length, HEADERS.length);
  for (const to of ["http://b.test/", "https://a.test/", "http://a.test:8080/"]) {
    assert.deepEqual(names(to), ["X-Trace"]);
  }
});

async function follow(
  answer: Parameters<typeof TestServer.start>[0],
  parts: Partial<OutboundRequest> = {},
) {
  const server = await TestServer.start(answer);
  const client = clientFor();
  after(async () => {
    client.close();
    await server.close();
  });
  const rules = { ...rulesFor(`a.test:${server.port}`), privateAddresses: true };
  const fetched = client.fetch(
    requestFor(`http://a.test:${server.port}/0`, parts),
    rules,
    NO_SIGNAL,
  );
  return { server, fetched };
}

/** /0 redirects to /1 and so on, until there are no more. */
function chain(redirects: number) {
  return (request: string, socket: { write(text: string): unknown }): void => {
    const at = Number(/\/(\d+)/.exec(request)?.[1]);
    socket.write(at < redirects ? redirectTo(`${at + 1}`) : ok(`at ${at}`));
  };
}

test("up to five redirects are followed, and the URL is the last one", async () => {
  const { fetched, server } = await follow(chain(5));
  const response = await fetched;
  assert.equal(response.body.toString(), "at 5");
  assert.equal(response.url, `http://a.test:${server.port}/5`);
});

test("a sixth redirect fails", async () => {
  const { fetched, server } = await follow(chain(6));
  await assert.rejects(fetched, { reason: "redirect", message: /more than 5/ });
  assert.equal(server.requests.length, 6);
});

test("manual gives the redirect itself, error fails", async () => {
  const manual = await follow(chain(1), { redirect: "manual" });
  assert.equal((await manual.fetched).status, 302);
  const error = await follow(chain(1), { redirect: "error" });
  await assert.rejects(error.fetched, { reason: "redirect" });
  assert.equal(error.server.requests.length, 1);
});

for (const location of ["ftp://a.test/", "http://user:secret@a.test/", "http://"]) {
  test(`a redirect to ${location} fails`, async () => {
    const { fetched } = await follow(redirectTo(location));
    await assert.rejects(fetched, (error: Error & { reason?: string }) => {
      assert.doesNotMatch(error.message, /secret/);
      return error.reason === "redirect";
    });
  });
}

test("a redirect without Location is an answer", async () => {
  const { fetched } = await follow("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
  assert.equal((await fetched).status, 302);
});

test("the time limit counts all redirects together", async () => {
  const { fetched } = await follow(
    (request, socket) => (request.includes("/0") ? chain(1)(request, socket) : undefined),
    { timeoutMs: 50 },
  );
  await assert.rejects(fetched, { reason: "timeout" });
});
