// Test vectors of llhttp and of AWS's desync guardian. The files are no part of the checkout: CONFORMANCE_VECTORS
// names their folder, ../shared/vectors beside the checkout is the default. Their README.md states the fields.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { ROOT } from "./runtime.ts";

const FOLDER = process.env["CONFORMANCE_VECTORS"] ?? resolve(ROOT, "../shared/vectors");

interface Vector {
  readonly id: string;
  /** Latin-1: one character, one byte. */
  readonly raw: string;
}

export interface LlhttpVector extends Vector {
  readonly type: string;
  readonly error: string | null;
  /** Messages that llhttp reads whole. */
  readonly complete: number;
}

export interface DesyncVector extends Vector {
  readonly tier: "Severe" | "Ambiguous" | "Acceptable" | "Compliant";
  readonly hasHost: boolean;
}

/** Empty, and a skipped test that says so, when the machine does not have the file. */
export function llhttpVectors(): readonly LlhttpVector[] {
  return load<LlhttpVector>("http1-llhttp.json");
}

export function desyncVectors(): readonly DesyncVector[] {
  return load<DesyncVector>("http1-aws-desync.json");
}

function load<V extends Vector>(name: string): readonly V[] {
  const path = join(FOLDER, name);
  if (!existsSync(path)) {
    const skip = `no ${name} in ${FOLDER}; set CONFORMANCE_VECTORS to its folder`;
    test(`vectors: ${name}`, { skip });
    return [];
  }
  // Test data of a fixed version, so its shape is known.
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: readonly V[] }).cases;
}

/** Every request gets a Host, so that it is refused for its own fault and not for that one. */
export function addHost(raw: string): string {
  if (/^host\s*:/im.test(raw)) return raw;
  return raw.replace(/^((?:\r\n)?[^\r\n]+)\r?\n/, "$1\r\nHost: gw.test\r\n");
}

const MAX_BODY = 1000;

/** A body that suits the head unless that asks for absurdly much, with nothing in it that looks like a request. */
export function bodyFor(raw: string): string {
  const length = /^content-length\s*:\s*(\d+)/im.exec(raw);
  if (/^transfer-encoding\s*:.*chunked/im.test(raw)) return "5\r\nhello\r\n0\r\n\r\n";
  return length === null ? "" : "x".repeat(Math.min(Number(length[1]), MAX_BODY));
}

/** Places to cut a message at: in the start line, between CR and LF, before the head's end, in the body. */
export function cutsOf(raw: string): number[] {
  const lineEnd = raw.indexOf("\r\n");
  const headEnd = raw.indexOf("\r\n\r\n");
  const cuts = [3, lineEnd + 1, headEnd + 3, headEnd + 6, raw.length - 1];
  return [...new Set(cuts)].filter((cut) => cut > 0 && cut < raw.length);
}
