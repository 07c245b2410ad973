// What modules import needs a host in unit tests, too: real cryptography, and metrics that are kept to be looked at.
import { Fault } from "../abi.ts";
import { JwtKeyCache, areEqual, digestOf, hmacOf, signJwt, verifyJwt } from "../crypto/index.ts";
import { metricDefinitions } from "../metrics.ts";
import { setModuleHost } from "../module-host.ts";
import { fakeFetch } from "./fake-fetch.ts";
import { fakeQuotaOpen } from "./fake-quotas.ts";
import { fakeRedisCall, fakeRedisOpen } from "./fake-redis.ts";
import { fakeSinkAppend, fakeSinkAppendRecord, fakeSinkOpen } from "./fake-sinks.ts";

/** What was recorded of one metric and one set of labels. */
export interface RecordedMetric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a counter, its sum; of a gauge, the last one; of a histogram, all. */
  readonly values: readonly number[];
}

const cache = new JwtKeyCache();
const series = new Map<
  string,
  { name: string; labels: Record<string, string>; values: number[] }
>();

/** All that this process' plugins recorded since {@link resetMetrics}. */
export function recordedMetrics(): readonly RecordedMetric[] {
  return [...series.values()];
}

export function resetMetrics(): void {
  series.clear();
}

function record(metric: number, value: number, text: string): number {
  const definition = metricDefinitions()[metric];
  const values = text.split("\0").slice(0, -1);
  if (definition === undefined || values.length !== definition.labels.length) return Fault.badValue;
  const { kind, name, labels: names } = definition;
  if (!Number.isFinite(value) || (kind === "counter" && value < 0)) return Fault.badValue;
  const labels = Object.fromEntries(names.map((label, at) => [label, values[at] ?? ""]));
  const key = `${metric} ${text}`;
  const known = series.get(key) ?? { name, labels, values: [] };
  series.set(key, known);
  if (kind === "histogram") known.values.push(value);
  else known.values = [kind === "counter" ? (known.values[0] ?? 0) + value : value];
  return 0;
}

const bytes = (result: Buffer | undefined): Uint8Array<ArrayBuffer> | number =>
  result === undefined ? Fault.badValue : Uint8Array.from(result);

setModuleHost({
  digest: (algorithm, data, length) => bytes(digestOf(algorithm, data.subarray(0, length))),
  hmac: (algorithm, key, keyLength, data, length) =>
    bytes(hmacOf(algorithm, key.subarray(0, keyLength), data.subarray(0, length))),
  bytesEqual: (left, right) => (areEqual(left, right) ? 1 : 0),
  jwtVerify: (token, keys, options) =>
    JSON.stringify(verifyJwt({ token, keys, options }, cache, Date.now())),
  jwtSign: (claims, key, options) => JSON.stringify(signJwt({ claims, key, options }, cache)),
  metricRecord: record,
  fetch: fakeFetch,
  redisOpen: fakeRedisOpen,
  redisCall: fakeRedisCall,
  quotaOpen: fakeQuotaOpen,
  sinkOpen: fakeSinkOpen,
  sinkAppend: fakeSinkAppend,
  sinkAppendRecord: fakeSinkAppendRecord,
});
