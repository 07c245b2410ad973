// What a plugin does when the gateway behaves.
import { PluginFailure } from "../emulator/failure.ts";
import { Broken, Skipped } from "./outcome.ts";
import type { Check } from "./outcome.ts";
import { SAMPLE_REQUESTS } from "./requests.ts";
import type { SampleRequest } from "./requests.ts";
import { Instance } from "./subject.ts";
import type { Ending, Subject } from "./subject.ts";

/** Requests after which memory may not grow any more. */
const WARM_UP_REQUESTS = 500;
const MORE_REQUESTS = 1500;

/** The other checks need what it shows. */
export const CONFIGURE_CHECK = "configure: takes a config that the schema allows";

export function behaviourChecks(subject: Subject): Check[] {
  const { phases } = subject.manifest;
  return [
    {
      name: CONFIGURE_CHECK,
      run: () => checkConfigure(subject),
    },
    {
      name: "configure: takes it again, with the same handle",
      run: () => checkConfigureAgain(subject),
    },
    ...SAMPLE_REQUESTS.map((sample) => ({
      name: `${phases.join(", ")}: ${sample.what}`,
      run: () => checkRequest(subject, sample),
    })),
    { name: "phases: of several requests, in any order", run: () => checkInterleaved(subject) },
    { name: "phases: later ones without the earlier ones", run: () => checkLaterPhases(subject) },
    { name: "handles: none is used after its request", run: () => checkHandles(subject) },
    { name: "memory: does not grow with the number of requests", run: () => checkMemory(subject) },
  ];
}

async function checkConfigure(subject: Subject): Promise<void> {
  try {
    await Instance.make(subject);
  } catch (thrown) {
    if (!(thrown instanceof PluginFailure)) throw thrown;
    const config = JSON.stringify(subject.config);
    throw new Broken(`${thrown.message} (config ${config}; give another with --config)`);
  }
}

async function checkConfigureAgain(subject: Subject): Promise<void> {
  const instance = await Instance.make(subject);
  for (let count = 0; count < 3; count++) {
    const verdict = instance.configure();
    if (verdict !== 0) throw new Broken(`configure returned ${verdict} the second time`);
  }
  await checkOne(instance, subject, plain());
}

async function checkRequest(subject: Subject, sample: SampleRequest): Promise<void> {
  await checkOne(await Instance.make(subject), subject, sample);
}

async function checkOne(
  instance: Instance,
  subject: Subject,
  sample: SampleRequest,
): Promise<void> {
  const exchange = instance.exchangeOf(sample);
  for (const phase of subject.manifest.phases) {
    instance.prepare(phase, exchange, sample);
    expectVerdict(phase, await instance.run(phase, exchange));
  }
}

function expectVerdict(phase: string, ending: Ending): void {
  if (ending.kind === "failed" || ending.kind === "broken") {
    throw new Broken(`${phase}: ${ending.reason}`);
  }
}

async function checkInterleaved(subject: Subject): Promise<void> {
  const instance = await Instance.make(subject);
  const samples = SAMPLE_REQUESTS.slice(0, 6);
  const exchanges = samples.map((sample) => ({ sample, exchange: instance.exchangeOf(sample) }));
  for (const phase of subject.manifest.phases) {
    // Each phase meets the requests in another order.
    exchanges.reverse();
    for (const { sample, exchange } of exchanges) {
      instance.prepare(phase, exchange, sample);
      expectVerdict(phase, await instance.run(phase, exchange));
    }
  }
}

/** The gateway answers by itself what it cannot route; clients go away before there is a response. */
async function checkLaterPhases(subject: Subject): Promise<void> {
  const later = subject.manifest.phases.filter((phase) => phase !== "access");
  if (later.length === 0) throw new Skipped("there are no later ones");
  for (const phase of later) {
    const instance = await Instance.make(subject);
    const exchange = instance.exchangeOf(plain());
    if (phase !== "log") instance.prepare(phase, exchange, plain());
    expectVerdict(phase, await instance.run(phase, exchange));
  }
}

async function checkHandles(subject: Subject): Promise<void> {
  let last = "";
  const refused: string[] = [];
  const instance = await Instance.make(subject, (name, run) => (...values) => {
    last = name;
    const result = run(...values);
    if (result === BAD_HANDLE) refused.push(name);
    return result;
  });
  for (const sample of SAMPLE_REQUESTS.slice(0, 4)) await checkOne(instance, subject, sample);
  if (refused.length > 0) throw new Broken(`${refused[0] ?? last} was called with a bad handle`);
}

const BAD_HANDLE = -2;

async function checkMemory(subject: Subject): Promise<void> {
  const instance = await Instance.make(subject);
  const serve = async (count: number): Promise<number> => {
    for (let done = 0; done < count; done++) await checkOne(instance, subject, plain());
    return instance.memoryBytes;
  };
  const before = await serve(WARM_UP_REQUESTS);
  const after = await serve(MORE_REQUESTS);
  if (after > before) {
    throw new Broken(`${after - before} bytes more after ${MORE_REQUESTS} requests more`);
  }
}

function plain(): SampleRequest {
  const [sample] = SAMPLE_REQUESTS;
  if (sample === undefined) throw new RangeError("there are no samples");
  return sample;
}
