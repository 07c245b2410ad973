// `npm run fuzz -- --seconds 600 --seed 7`: a long run of the fuzzer; CONFORMANCE_RUNTIME says on which runtime.
import { parseArgs } from "node:util";

import { RUNTIME } from "../harness/runtime.ts";
import { describeFinding, fuzz } from "./run.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    iteration: { type: "string" },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const durationMs = Number(values.seconds) * 1000;
if (!Number.isSafeInteger(seed) || !(durationMs > 0)) {
  throw new Error("--seed takes a whole number, --seconds a positive number");
}
console.log(`fuzzing a gateway on ${RUNTIME} for ${values.seconds} s with seed ${seed}`);
const start = performance.now();
const report = await fuzz({
  seed,
  durationMs,
  ...(values.iteration === undefined
    ? {}
    : { firstIteration: Number(values.iteration), maxIterations: 1 }),
});
const seconds = Math.round((performance.now() - start) / 1000);
for (const finding of report.findings) console.log(`\n${describeFinding(finding)}`);
const outcomes = [...report.outcomes].sort(([, one], [, other]) => other - one);
console.log(`\n${outcomes.map(([name, count]) => `${count} ${name}`).join(", ")}`);
console.log(
  `${report.iterations} iterations in ${seconds} s, ${report.accepted} messages passed, ` +
    `${report.findings.length} findings`,
);
process.exitCode = report.findings.length === 0 ? 0 : 1;
