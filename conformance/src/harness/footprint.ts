// What a process holds of the machine, as Linux's /proc tells it.
import { readdir, readFile } from "node:fs/promises";

export interface Footprint {
  readonly residentBytes: number;
  /** Open file descriptors, sockets included. */
  readonly descriptors: number;
}

/** Throws where there is no /proc. */
export async function residentBytesOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Undefined where there is no /proc. */
export async function footprintOf(pid: number): Promise<Footprint | undefined> {
  try {
    const residentBytes = await residentBytesOf(pid);
    return { residentBytes, descriptors: (await readdir(`/proc/${pid}/fd`)).length };
  } catch {
    return undefined;
  }
}
