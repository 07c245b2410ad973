// Gets the bytes of a module from a url of the config. Whatever comes is checked against its hash afterwards; here it
// is bounded in size and time, and kept to the kinds of url that a config may name.
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isLoopback } from "../../config/build/plugin-wasm.ts";

export interface FetchLimits {
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
}

const MAX_REDIRECTS = 5;

/** Throws an Error whose message shows no query: there may be a token in it. */
export async function fetchModule(
  url: string,
  { maxBytes, timeoutMs }: FetchLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const from = new URL(url);
    if (from.protocol === "file:") return await readModule(fileURLToPath(from), maxBytes);
    return await download(from, maxBytes, signal);
  } catch (error) {
    if (signal.aborted) throw new Error(`it did not come within ${timeoutMs} ms`, { cause: error });
    throw new Error(reasonOf(error), { cause: error });
  }
}

/** Without the parts that may be secret. */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^([a-z]+:\/\/)[^/]*@/i, "$1");
}

/** http only to loopback addresses, not names, which may lead anywhere; and never from https to http. */
export function isAllowedUrl(url: URL, from?: URL): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && from?.protocol !== "https:" && isLoopback(url.hostname);
}

async function readModule(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    // Reading a pipe or a device might never end.
    if (!stats.isFile()) throw new Error("it is no file");
    if (stats.size > maxBytes) throw tooLarge(maxBytes);
    const bytes = Uint8Array.from(await file.readFile());
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    return bytes;
  } finally {
    await file.close();
  }
}

async function download(
  first: URL,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  let url = first;
  if (!isAllowedUrl(url)) throw new Error("expected https, or http to a loopback address");
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url.href, {
      redirect: "manual",
      signal,
      headers: {
        Accept: "application/wasm, application/octet-stream",
        "Accept-Encoding": "identity",
      },
    });
    if (response.status < 300 || response.status > 399) return readBody(response, maxBytes);
    await response.body?.cancel();
    const next = redirectTarget(response, url);
    if (!isAllowedUrl(next, url)) {
      const expected = url.protocol === "https:" ? "https" : "https, or http to a loopback address";
      throw new Error(`it redirects to ${shownUrl(next.href)}, expected ${expected}`);
    }
    url = next;
  }
  throw new Error(`it redirects more than ${MAX_REDIRECTS} times`);
}

function redirectTarget(response: Response, url: URL): URL {
  const location = response.headers.get("location");
  const next = location === null ? null : URL.parse(location, url.href);
  if (next === null) throw new Error(`it answered ${response.status} without saying where to go`);
  return next;
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`it answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(maxBytes: number): Error {
  return new Error(`it is larger than ${maxBytes} bytes`);
}

/** Node's fetch says "fetch failed" and keeps the reason as the cause; neither is to show the url's query. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : undefined;
  if (code !== undefined && /^[A-Z][A-Za-z0-9_]+$/.test(code)) return `it cannot be had: ${code}`;
  return inner instanceof Error ? inner.message.replaceAll(/\?[^\s'"]*/g, "") : "it cannot be had";
}
