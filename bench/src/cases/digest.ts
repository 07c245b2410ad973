// Did a body arrive as it was sent? Length and SHA-256 on both sides.
import { createHash } from "node:crypto";
import { createServer, request } from "node:http";

export interface Download {
  readonly status: number;
  readonly contentLength: string | undefined;
  /** As digestOf() writes it. */
  readonly digest: string;
}

/** Length and SHA-256, such as `3 ba78…`. */
export function digestOf(body: Buffer): string {
  return `${body.length} ${createHash("sha256").update(body).digest("hex")}`;
}

/** Answers each request with the digest of its body. */
export async function startDigestServer(port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer((incoming, response) => {
    void collect(incoming).then((body) => response.end(digestOf(body)));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  return {
    close: () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      return closed.promise;
    },
  };
}

export async function download(port: number, path: string): Promise<Download> {
  const { status, contentLength, bytes } = await exchange(port, { method: "GET", path });
  return { status, contentLength, digest: digestOf(bytes) };
}

export async function upload(
  port: number,
  path: string,
  body: Buffer,
): Promise<{ readonly status: number; readonly body: string }> {
  const { status, bytes } = await exchange(port, { method: "POST", path }, body);
  return { status, body: bytes.toString("latin1") };
}

const ANSWER_TIMEOUT_MS = 10_000;

async function exchange(
  port: number,
  target: { readonly method: string; readonly path: string },
  body?: Buffer,
): Promise<{ status: number; contentLength: string | undefined; bytes: Buffer }> {
  const headers = body === undefined ? {} : { "Content-Length": body.length };
  const answered = Promise.withResolvers<Awaited<ReturnType<typeof exchange>>>();
  const outgoing = request(
    { host: "127.0.0.1", port, agent: false, headers, ...target },
    (response) => {
      collect(response).then((bytes) => {
        const contentLength = response.headers["content-length"];
        answered.resolve({ status: response.statusCode ?? 0, contentLength, bytes });
      }, answered.reject);
    },
  );
  outgoing.setTimeout(ANSWER_TIMEOUT_MS, () => {
    outgoing.destroy(new Error(`no answer to ${target.method} ${target.path}`));
  });
  outgoing.on("error", answered.reject);
  outgoing.end(body);
  return answered.promise;
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
