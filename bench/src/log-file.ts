// The policy log of one proxy: a proxy that drops records under load is not doing the work it is measured for.
import { createReadStream, existsSync, statSync, truncateSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const SETTLE_MS = 700;
const SETTLE_LIMIT_MS = 10_000;

/** Lines in the log once it no longer grows; empties it then, so that a run does not fill the disk. */
export async function takeLines(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  await settled(path);
  let lines = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    // A stream without encoding yields buffers.
    const bytes = chunk as Buffer;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  }
  truncateSync(path);
  return lines;
}

async function settled(path: string): Promise<void> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  let size = -1;
  while (performance.now() < deadline) {
    const now = statSync(path).size;
    if (now === size) return;
    size = now;
    await delay(SETTLE_MS);
  }
}
