// `npm run soak -- --swaps N`: swaps under load, with figures; CONFORMANCE_RUNTIME says on which runtime.
import { parseArgs } from "node:util";

import { config, service } from "../harness/config.ts";
import { startGateway } from "../harness/gateway.ts";
import { buildGuest } from "../harness/guests.ts";
import { startUpstream } from "../harness/upstream.ts";
import { swapUnderLoad } from "./swaps.ts";

const { values } = parseArgs({ options: { swaps: { type: "string", default: "1000" } } });

const upstream = await startUpstream();
const gateway = await startGateway({
  config: config({
    services: [service("all", upstream.port, "/", { plugins: [{ name: "versioned" }] })],
  }),
  plugins: { versioned: await buildGuest("versioned-one") },
});
const { failures, toLiveMs, residentBytes, ...figures } = await swapUnderLoad(
  gateway,
  Number(values.swaps),
);
const at = (share: number): number =>
  Math.round(toLiveMs[Math.floor((toLiveMs.length - 1) * share)] ?? 0);
console.log({
  ...figures,
  failures: failures.length,
  toLiveMs: { median: at(0.5), p99: at(0.99), max: at(1) },
  residentMB: residentBytes.map((bytes) => Math.round(bytes / 1e6)),
});
for (const failure of failures.slice(0, 10)) console.log(failure);
await gateway.stop();
await upstream.close();
process.exitCode = failures.length === 0 ? 0 : 1;
