// What a plugin does when the gateway refuses: it may fail a request, but not trap, and not hang.
import { Fault, HOST_FUNCTIONS } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import { PluginFailure } from "../emulator/failure.ts";
import type { Intercept } from "../emulator/guest.ts";
import { Broken, Skipped } from "./outcome.ts";
import type { Check } from "./outcome.ts";
import { SAMPLE_REQUESTS } from "./requests.ts";
import { Instance } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** Functions that have no fault to give, or whose faults would only stop the test. */
const WITHOUT_FAULTS: ReadonlySet<string> = new Set<HostFunction>([
  "log",
  "fail",
  "now_ms",
  "random_number",
  "deadline_reached",
  "settle",
  "result_read",
]);

export function faultChecks(subject: Subject, imports: readonly string[]): Check[] {
  const functions = imports.filter((name) => !WITHOUT_FAULTS.has(name));
  return [
    ...functions.map((name) => ({
      name: `faults: ${name} gives any of them`,
      run: () => checkFaults(subject, name),
    })),
    { name: "deadline: ends when it is told to", run: () => checkDeadline(subject, imports) },
  ];
}

async function checkFaults(subject: Subject, name: string): Promise<void> {
  const isNumber = signatureOf(name).endsWith(":f");
  const results = isNumber ? [Number.NaN] : Object.values(Fault);
  for (const result of results) {
    const what = isNumber ? "NaN" : nameOf(result);
    await runWith(subject, what, (called, run) => (called === name ? () => result : run));
  }
}

function signatureOf(name: string): string {
  const signatures: Readonly<Record<string, string>> = HOST_FUNCTIONS;
  return signatures[name] ?? "";
}

function nameOf(fault: number): string {
  return Object.entries(Fault).find(([, value]) => value === fault)?.[0] ?? String(fault);
}

/** Once from the start, and once from when it has its config. */
async function runWith(subject: Subject, what: string, intercept: Intercept): Promise<void> {
  for (const isLate of [false, true]) {
    let isOn = !isLate;
    let instance: Instance;
    try {
      instance = await Instance.make(subject, (name, run, memory) => {
        const faulty = intercept(name, run, memory);
        return (...values) => (isOn ? faulty(...values) : run(...values));
      });
    } catch (thrown) {
      if (!(thrown instanceof PluginFailure)) throw thrown;
      // It may refuse a config, but has to say so.
      if (isTrap(thrown.message)) throw new Broken(`configure with ${what}: ${thrown.message}`);
      continue;
    }
    isOn = true;
    await runPhases(subject, instance, what);
  }
}

async function runPhases(subject: Subject, instance: Instance, what: string): Promise<void> {
  for (const sample of SAMPLE_REQUESTS.slice(0, 3)) {
    const exchange = instance.exchangeOf(sample);
    for (const phase of subject.manifest.phases) {
      instance.prepare(phase, exchange, sample);
      const ending = await instance.run(phase, exchange);
      if (ending.kind === "broken") throw new Broken(`${phase} with ${what}: ${ending.reason}`);
    }
  }
}

function isTrap(message: string): boolean {
  return /^(?:trapped|used up)/.test(message);
}

async function checkDeadline(subject: Subject, imports: readonly string[]): Promise<void> {
  if (!imports.includes("deadline_reached"))
    throw new Skipped("it never asks; the gateway stops it");
  await runWith(subject, "the deadline reached", (name, run) =>
    name === "deadline_reached" ? () => 1 : run,
  );
}
