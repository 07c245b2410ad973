// A thread of the tests: does one of these tasks on the shared memory and reports what it saw.
import { parentPort, workerData } from "node:worker_threads";
import { Header } from "./layout.ts";
import type { SharedMemory } from "./layout.ts";
import { Shard } from "./shard.ts";
import { SharedStore } from "./shared-store.ts";
import { SpinLock } from "./spin-lock.ts";

export interface ThreadTask {
  readonly kind: "count" | "countWithExpiry" | "compareAndSet" | "replace" | "holdLocks";
  readonly memory: SharedMemory;
  readonly holder: number;
  readonly rounds: number;
}

type Task = (store: SharedStore, task: ThreadTask) => number[];

const TASKS: Record<ThreadTask["kind"], Task> = {
  count,
  countWithExpiry,
  compareAndSet,
  replace,
  holdLocks,
};

/** Counts ten keys. */
function count(store: SharedStore, { rounds }: ThreadTask): number[] {
  for (let n = 0; n < rounds; n++) store.increment(`key ${n % 10}`, 1, 0);
  return [];
}

/** Counts one key that expires all the time; how often each number came. */
function countWithExpiry(store: SharedStore, { rounds }: ThreadTask): number[] {
  const seen: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const value = store.increment("key", 1, 0.05);
    seen[value] = (seen[value] ?? 0) + 1;
  }
  return Array.from(seen, (times) => times ?? 0);
}

/** Counts one key in texts, as often as nobody else was faster; how often that was. */
function compareAndSet(store: SharedStore, { rounds }: ThreadTask): number[] {
  let succeeded = 0;
  for (let n = 0; n < rounds; n++) {
    const value = store.get("key");
    const next = String(Number(value ?? 0) + 1).padStart(40, "0");
    if (store.compareAndSet("key", value, next, 0)) succeeded++;
  }
  return [succeeded];
}

/** Sets and gets values that show whether they are whole, in too little memory. Returns the torn ones' number. */
function replace(store: SharedStore, { rounds, holder }: ThreadTask): number[] {
  let torn = 0;
  for (let n = 0; n < rounds; n++) {
    const at = (n * 7 + holder) % 40;
    const letter = String.fromCharCode(97 + ((n + holder) % 26));
    store.set(`key ${at}`, letter.repeat(1 + ((n * 13) % 700)), n % 5 === 0 ? 1 : 0);
    const value = store.get(`key ${(at * 3) % 40}`);
    if (value !== undefined && value !== value.charAt(0).repeat(value.length)) torn++;
    if (n % 11 === 0) store.delete(`key ${(at * 5) % 40}`);
  }
  return [torn];
}

/** Ends in the middle of its work. */
function holdLocks(_store: SharedStore, { memory, holder }: ThreadTask): number[] {
  for (let index = 0; index < memory.shards; index++) {
    new SpinLock(new Shard(memory, index).words, Header.lock, holder).acquire();
  }
  return [];
}

const task = workerData as ThreadTask; // The tests start this thread with nothing else.
const store = new SharedStore(task.memory, {
  holder: task.holder,
  now: () => performance.timeOrigin + performance.now(),
});
parentPort?.postMessage(TASKS[task.kind](store, task));
