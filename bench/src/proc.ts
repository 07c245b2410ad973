// CPU time and memory of a process and its children, from Linux' /proc (proc(5)).
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time of all its threads, ended ones included, in clock ticks. */
  readonly cpuTicks: number;
}

/** Reads the text of /proc/PID/stat. Throws when it is no such text. */
export function parseStat(text: string): ProcessStat {
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const afterName = text.lastIndexOf(")");
  const fields = text.slice(afterName + 2).split(" ");
  const stat = {
    pid: Number.parseInt(text, 10),
    parentPid: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  };
  if (afterName < 0 || !Object.values(stat).every(Number.isFinite)) {
    throw new Error(`not the text of /proc/PID/stat: ${text.slice(0, 80)}`);
  }
  return stat;
}

/** VmRSS in bytes from the text of /proc/PID/status; 0 for a process without memory (a zombie). */
export function parseRssBytes(text: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text);
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** CPU numbers in a list such as `0-3,6`, the form of Cpus_allowed_list. */
export function parseCpuList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}

/** CPUs that this process may use. */
export function allowedCpus(): number[] {
  const match = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return match?.[1] === undefined ? [] : parseCpuList(match[1]);
}

/** Length of a clock tick in µs; 10 ms on nearly every Linux. */
export function tickMicroseconds(): number {
  return 1_000_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

/** CPU ticks of a process and its descendants. Throws when the process is gone. */
export function treeCpuTicks(rootPid: number): number {
  return processTree(rootPid).reduce((sum, stat) => sum + stat.cpuTicks, 0);
}

/** Resident memory of a process and its descendants in bytes. Throws when the process is gone. */
export function treeRssBytes(rootPid: number): number {
  return processTree(rootPid).reduce((sum, { pid }) => {
    return sum + parseRssBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
  }, 0);
}

function processTree(rootPid: number): ProcessStat[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(pid));
  const tree = all.filter((stat) => stat.pid === rootPid);
  if (tree.length === 0) throw new Error(`process ${rootPid} is gone`);
  for (const parent of tree) tree.push(...all.filter((stat) => stat.parentPid === parent.pid));
  return tree;
}

function readStat(pid: string): ProcessStat[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))];
  } catch {
    // It ended between the listing and the reading; processTree reports the one that matters.
    return [];
  }
}
