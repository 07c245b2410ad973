// HTTP to a registry: answers of bounded size in bounded time, whole or line by line. Redirects are faults.
import { request as requestHttp } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { detailOf } from "../errors.ts";

export interface RegistryRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the authorities to trust, instead of the runtime's own. */
  readonly ca?: string | undefined;
  /** For the head of the answer, and then between two pieces of it. */
  readonly timeoutMs: number;
  /** Between two pieces, instead: an answer that is silent for so long counts as ended. */
  readonly quietMs?: number;
  readonly signal: AbortSignal;
}

export interface RegistryAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;

/** Any status. Rejects with an Error that names the server, never a header or what was asked. */
export async function answerOf(request: RegistryRequest): Promise<RegistryAnswer> {
  const answer = await open(request);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of piecesOf(answer, request)) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) throw fault(request, `more than ${MAX_ANSWER_BYTES} bytes`);
    pieces.push(piece);
  }
  const { headers } = answer.message;
  return {
    status: answer.message.statusCode ?? 0,
    header: (name) => [headers[name]].flat()[0],
    text: Buffer.concat(pieces).toString("utf8"),
  };
}

/** The JSON of an answer with status 200; undefined when the status is 404. */
export async function jsonOf(
  request: RegistryRequest,
): Promise<{ readonly value: unknown; readonly answer: RegistryAnswer } | undefined> {
  const answer = await answerOf(request);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw fault(request, `status ${answer.status}`);
  return { value: parsed(answer.text, request), answer };
}

/** The JSON of each line, as they come, of an answer with status 200, until the server ends it. */
export async function* jsonLinesOf(request: RegistryRequest): AsyncGenerator<unknown, void> {
  const answer = await open(request);
  try {
    if (answer.message.statusCode !== 200) {
      throw fault(request, `status ${answer.message.statusCode}`);
    }
    let rest = "";
    const decoder = new TextDecoder();
    for await (const piece of piecesOf(answer, request)) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield parsed(line, request);
      if (rest.length > MAX_LINE_BYTES) {
        throw fault(request, `a line of more than ${MAX_LINE_BYTES} characters`);
      }
    }
  } finally {
    answer.close();
  }
}

/** What went wrong with whom. */
export function fault({ url }: Pick<RegistryRequest, "url">, detail: string): Error {
  return new Error(`${url.origin}${url.pathname}: ${detail}`);
}

function parsed(text: string, request: RegistryRequest): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault(request, "expected JSON");
  }
}

interface OpenAnswer {
  readonly message: IncomingMessage;
  close(): void;
}

/** The head of the answer. */
function open(request: RegistryRequest): Promise<OpenAnswer> {
  const { url, method = "GET", headers = {}, body, ca, timeoutMs, signal } = request;
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const options: RequestOptions & { ca?: string } = {
    method,
    // Each its own connection: there are few, and none may be a dead one that was kept.
    agent: false,
    headers: {
      Accept: "application/json",
      ...headers,
      ...(body !== undefined && {
        "Content-Type": "application/json",
        "Content-Length": String(Buffer.byteLength(body)),
      }),
    },
    ...(ca !== undefined && { ca }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
  const sent = send(url, options);
  const close = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    sent.destroy();
  };
  const giveUp = (): void => {
    reject(fault(request, "stopped"));
    close();
  };
  const timer = setTimeout(() => {
    reject(fault(request, `no answer in ${timeoutMs} ms`));
    close();
  }, timeoutMs);
  signal.addEventListener("abort", giveUp);
  sent.on("error", (error) => {
    reject(fault(request, detailOf(error)));
    close();
  });
  sent.on("response", (message) => {
    clearTimeout(timer);
    resolve({ message, close });
  });
  if (signal.aborted) giveUp();
  else sent.end(body);
  return promise;
}

/** The body, with a limit on each wait. Ends with the answer; rejects when it is cut. */
async function* piecesOf(
  { message, close }: OpenAnswer,
  request: RegistryRequest,
): AsyncGenerator<Buffer, void> {
  const { timeoutMs, quietMs, signal } = request;
  const queue: Buffer[] = [];
  let ending: { readonly error: Error | undefined } | undefined;
  let wake: () => void = () => undefined;
  const end = (error: Error | undefined): void => {
    ending ??= { error };
    wake();
  };
  const onAbort = (): void => end(fault(request, "stopped"));
  signal.addEventListener("abort", onAbort);
  message.on("data", (piece: Buffer) => {
    queue.push(piece);
    wake();
  });
  message.on("end", () => end(undefined));
  message.on("error", (error) => end(fault(request, detailOf(error))));
  message.on("close", () => end(fault(request, "the answer was cut")));
  try {
    for (;;) {
      const piece = queue.shift();
      if (piece !== undefined) {
        yield piece;
        continue;
      }
      if (ending?.error !== undefined) throw ending.error;
      if (ending !== undefined) return;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const late = (): void =>
        end(quietMs === undefined ? fault(request, `nothing more in ${timeoutMs} ms`) : undefined);
      const timer = setTimeout(late, quietMs ?? timeoutMs);
      await woken;
      clearTimeout(timer);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    close();
  }
}
