// What a process holds of the machine, as Linux's /proc tells it.
import { readdir, readFile } from "node:fs/promises";

export interface Footprint {
  readonly residentBytes: number;
  /** Open file descriptors, sockets included. */
  readonly descriptors: number;
}

/** Undefined where there is no /proc. */
export async function footprintOf(pid: number): Promise<Footprint | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
    return { residentBytes: Number(kilobytes) * 1024, descriptors };
  } catch {
    return undefined;
  }
}
