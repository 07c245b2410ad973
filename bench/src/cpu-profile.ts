// Reads a .cpuprofile as V8 and Bun write it: which functions the samples were taken in.

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  /** Ids of the nodes that were running, and the µs since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface FunctionShare {
  readonly name: string;
  /** Path from the project's root and line; empty for what has no source. */
  readonly place: string;
  /** Time in the function itself by all time in which the program was not idle. */
  readonly selfShare: number;
}

export interface ProfileView {
  /** Paths lose this. */
  readonly root: string;
  /** Only this much of the profile's end counts. */
  readonly lastSeconds: number;
}

/** All functions, the busiest first. */
export function functionShares(profile: CpuProfile, view: ProfileView): FunctionShare[] {
  const timeByNode = timeInWindow(profile, view.lastSeconds);
  const timeByFunction = new Map<string, { name: string; place: string; timeUs: number }>();
  for (const { id, callFrame } of profile.nodes) {
    const timeUs = timeByNode.get(id) ?? 0;
    const name = callFrame.functionName === "" ? "(anonymous)" : callFrame.functionName;
    if (timeUs === 0 || name === "(idle)") continue;
    const place = placeOf(callFrame, view.root);
    // Functions that are inlined in, or called from, several places have a node for each.
    const entry = timeByFunction.get(`${name} ${place}`) ?? { name, place, timeUs: 0 };
    entry.timeUs += timeUs;
    timeByFunction.set(`${name} ${place}`, entry);
  }
  const functions = [...timeByFunction.values()].toSorted((a, b) => b.timeUs - a.timeUs);
  const busyUs = functions.reduce((sum, { timeUs }) => sum + timeUs, 0);
  return functions.map(({ name, place, timeUs }) => ({ name, place, selfShare: timeUs / busyUs }));
}

function timeInWindow(
  { samples, timeDeltas }: CpuProfile,
  lastSeconds: number,
): Map<number, number> {
  const timeByNode = new Map<number, number>();
  let leftUs = lastSeconds * 1_000_000;
  for (let index = samples.length - 1; index >= 0 && leftUs > 0; index--) {
    const id = samples[index] ?? 0;
    const timeUs = Math.max(0, timeDeltas[index] ?? 0);
    timeByNode.set(id, (timeByNode.get(id) ?? 0) + timeUs);
    leftUs -= timeUs;
  }
  return timeByNode;
}

function placeOf(
  { url, lineNumber }: CpuProfile["nodes"][number]["callFrame"],
  root: string,
): string {
  if (url === "") return "";
  const path = url.replace(/^file:\/\//, "").replace(`${root}/`, "");
  return lineNumber < 0 ? path : `${path}:${lineNumber + 1}`;
}
