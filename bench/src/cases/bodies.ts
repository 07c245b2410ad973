// Larger bodies: 64 KB and 1 MB down, 1 MB up.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import type { LoadCase } from "../load-case.ts";
import { coreEach } from "../load-case.ts";
import { haproxy, nginx, sluice } from "../peer-list.ts";
import type { RunningProxy } from "../proxies.ts";
import type { CaseId } from "../selection.ts";
import { digestOf, download, startDigestServer, upload } from "./digest.ts";

const PROXIES = [nginx(), haproxy(), sluice("bun"), sluice("node")];
/** Fewer than for the small GET: what is in flight still fits the processor's caches and the sockets' buffers. */
const CONNECTIONS = 16;

export const bodyCases: readonly LoadCase[] = [
  responseCase("response-64k", "64 KB response", 64 * 1024),
  responseCase("response-1m", "1 MB response", 1024 * 1024),
  uploadCase("upload-1m", "1 MB upload", 1024 * 1024),
];

function responseCase(id: CaseId, title: string, bytes: number): LoadCase {
  return {
    ...bodyCase(id, title),
    load: (lab) => {
      const script = join(lab.peersDir, "wrk-report.lua");
      return { path: fileFor(lab, bytes), connections: CONNECTIONS, script };
    },
    verify: (lab, proxy) => responseFaults(proxy, fileFor(lab, bytes), bytes),
  };
}

function uploadCase(id: CaseId, title: string, bodyBytes: number): LoadCase {
  return {
    ...bodyCase(id, title),
    load: (lab) => {
      const path = "/upload";
      const script = lab.render("wrk-upload.lua", { bodyBytes, path });
      return { path, connections: CONNECTIONS, script };
    },
    verify: (lab, proxy) => uploadFaults(lab, proxy, bodyBytes),
  };
}

function bodyCase(id: CaseId, title: string): Omit<LoadCase, "load" | "verify"> {
  return {
    id,
    title,
    proxies: PROXIES,
    base: { title: "nginx", rowId: () => "nginx" },
    warmsUpEachTurn: false,
    placement: coreEach,
  };
}

/** Writes what the upstream serves from its disk cache, and returns its path there. */
function fileFor(lab: Lab, bytes: number): string {
  const path = `/files/${bytes}.bin`;
  mkdirSync(join(lab.runDir, "files"), { recursive: true });
  writeFileSync(join(lab.runDir, path), patternOf(bytes));
  return path;
}

async function responseFaults(
  { port }: RunningProxy,
  path: string,
  bytes: number,
): Promise<string[]> {
  const { status, contentLength, digest } = await download(port, path);
  const expected = digestOf(patternOf(bytes));
  const faults: string[] = [];
  if (status !== 200) faults.push(`GET ${path} gave ${status}, expected 200`);
  if (contentLength !== String(bytes)) faults.push(`its Content-Length is ${contentLength}`);
  if (digest !== expected) faults.push("its body is another");
  return faults;
}

async function uploadFaults(lab: Lab, proxy: RunningProxy, bytes: number): Promise<string[]> {
  const body = patternOf(bytes);
  const server = await startDigestServer(lab.digestPort);
  try {
    const seen = await upload(proxy.port, "/upload-digest", body);
    const faults = (await upload(proxy.port, "/upload", body)).status === 200 ? [] : ["no 200"];
    return seen.body === digestOf(body) ? faults : [...faults, `the upstream saw ${seen.body}`];
  } finally {
    await server.close();
  }
}

/** Bytes without a short period, so that a piece that is lost or doubled shows. */
function patternOf(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4)
    buffer.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  return buffer;
}
