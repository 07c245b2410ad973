// Before anything is timed: does each proxy do the work it is measured for?
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  CLIENT_HEADERS,
  CONSUMER_ID,
  CREDENTIAL_ID,
  LIMIT_PER_MINUTE,
  UPSTREAM_BODY,
  USERNAME,
} from "./fixture.ts";
import type { Answer } from "./http.ts";
import { get } from "./http.ts";
import type { RunningProxy } from "./proxies.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LOG_WAIT_MS = 5000;
const RECORD_FIELDS = ["request", "response", "latencies", "consumer", "route", "service"];
const MORE_RECORD_FIELDS = ["client_ip", "started_at", "tries", "upstream_uri"];

/** Everything the proxy does wrong; empty when it may be measured. */
export async function findFaults(proxy: RunningProxy): Promise<string[]> {
  const answer = await get(proxy.port, "/", CLIENT_HEADERS);
  const faults: string[] = [];
  if (answer.status !== 200) faults.push(`GET / gave ${answer.status}, expected 200`);
  if (answer.body !== UPSTREAM_BODY) faults.push(`GET / gave another body: ${answer.body}`);
  faults.push(...(await forwardingFaults(proxy.port)));
  if (!proxy.spec.hasPolicies) return faults;
  return [
    ...faults,
    ...responseHeaderFaults(answer),
    ...(await refusalFaults(proxy.port)),
    ...(await policyFaults(proxy.port)),
    ...(await logFaults(proxy.logPath)),
  ];
}

function responseHeaderFaults({ headers }: Answer): string[] {
  const limit = String(LIMIT_PER_MINUTE);
  const expected: Record<string, RegExp> = {
    "x-ratelimit-limit-minute": new RegExp(`^${limit}$`),
    "x-ratelimit-remaining-minute": /^\d+$/,
    "ratelimit-limit": new RegExp(`^${limit}$`),
    "ratelimit-remaining": /^\d+$/,
    "ratelimit-reset": /^\d+$/,
    "kong-request-id": UUID,
  };
  return Object.entries(expected)
    .filter(([name, pattern]) => !pattern.test(String(headers[name])))
    .map(([name]) => `response header ${name} is ${String(headers[name])}`);
}

async function refusalFaults(port: number): Promise<string[]> {
  const { apikey: _, ...withoutKey } = CLIENT_HEADERS;
  const refused = await get(port, "/", withoutKey);
  return refused.status === 401 ? [] : [`without a key it gave ${refused.status}, expected 401`];
}

function forwardingFaults(port: number): Promise<string[]> {
  return upstreamHeaderFaults(port, {
    "x-forwarded-for": /^127\.0\.0\.1$/,
    "x-forwarded-proto": /^http$/,
  });
}

function policyFaults(port: number): Promise<string[]> {
  return upstreamHeaderFaults(port, {
    "x-consumer-id": new RegExp(`^${CONSUMER_ID}$`),
    "x-consumer-username": new RegExp(`^${USERNAME}$`),
    "x-credential-identifier": new RegExp(`^${CREDENTIAL_ID}$`),
    "kong-request-id": UUID,
  });
}

async function upstreamHeaderFaults(
  port: number,
  expected: Readonly<Record<string, RegExp>>,
): Promise<string[]> {
  const { body } = await get(port, "/echo", CLIENT_HEADERS);
  // peers/upstream.conf answers /echo with a flat object of strings.
  const seen = JSON.parse(body) as Record<string, string>;
  return Object.entries(expected)
    .filter(([name, pattern]) => !pattern.test(seen[name] ?? ""))
    .map(([name]) => `the upstream saw ${name} as "${seen[name] ?? ""}"`);
}

async function logFaults(path: string): Promise<string[]> {
  const line = await firstLine(path, (text) => text.includes(CONSUMER_ID));
  if (line === undefined) return ["no log record of the authenticated request in 5 s"];
  // A record is a JSON object, or this throws and the proxy is not measured.
  const record = JSON.parse(line) as Record<string, unknown>;
  return [...RECORD_FIELDS, ...MORE_RECORD_FIELDS]
    .filter((field) => record[field] === undefined)
    .map((field) => `the log record has no ${field}`);
}

/** Log writes are buffered by design, so this is the one place that has to wait. */
async function firstLine(
  path: string,
  accept: (line: string) => boolean,
): Promise<string | undefined> {
  const deadline = performance.now() + LOG_WAIT_MS;
  while (performance.now() < deadline) {
    const line = completeLines(path).find(accept);
    if (line !== undefined) return line;
    await delay(50);
  }
  return undefined;
}

function completeLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch {
    // The first record creates the file.
    return [];
  }
}
