// A load generator that sends on schedule whether answers come or not (an "open loop"), so that a stall of the proxy
// shows in every request that it held up. Runs on Bun as a program of its own; prints one line of JSON.
import { writeFileSync } from "node:fs";
import { Histogram } from "./histogram.ts";
import type { OpenLoopReport, OpenLoopRequest } from "./protocol.ts";
import { ResponseCounter } from "./response-counter.ts";
import { evenSchedule } from "./schedule.ts";

// run.ts writes exactly this.
const options = JSON.parse(process.argv[2] ?? "") as OpenLoopRequest;
process.stdout.write(`${JSON.stringify(await generate(options))}\n`);
process.exit(0);

interface Connection {
  readonly counter: ResponseCounter;
  /** Request that is under way; -1 when there is none. */
  index: number;
  write(): void;
}

async function generate(request: OpenLoopRequest): Promise<OpenLoopReport> {
  const { port, ratePerSecond, connections, warmUpMs, measuredMs, drainMs } = request;
  const schedule = evenSchedule(ratePerSecond, (warmUpMs + measuredMs) * 1000);
  const latency = new Histogram();
  const lateness = new Histogram();
  const message = Buffer.from(request.message, "latin1");
  const idle: Connection[] = [];
  const all: Connection[] = [];
  let socketErrors = 0;
  let noticed = 0;
  let sent = 0;
  let answered = 0;
  let startedAt = 0;

  const elapsedUs = () => (performance.now() - startedAt) * 1000;
  const isMeasured = (index: number) => schedule.dueAtUs(index) >= warmUpMs * 1000;

  const sendDue = (nowUs: number) => {
    const due = schedule.dueCount(nowUs);
    for (; noticed < due; noticed++) {
      if (isMeasured(noticed)) lateness.record(nowUs - schedule.dueAtUs(noticed));
    }
    while (sent < due) {
      // First in, first out: all connections take part, as those of many clients would.
      const connection = idle.shift();
      if (connection === undefined) return;
      connection.index = sent++;
      connection.write();
    }
  };

  const onData = (connection: Connection, bytes: Buffer) => {
    if (connection.counter.push(bytes) === 0) return;
    const nowUs = elapsedUs();
    const { index } = connection;
    answered++;
    if (isMeasured(index)) latency.record(nowUs - schedule.dueAtUs(index));
    connection.index = -1;
    idle.push(connection);
    sendDue(nowUs);
  };

  for (let opened = 0; opened < connections; opened++) {
    const counter = new ResponseCounter();
    const socket = await Bun.connect<Connection>({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (source, bytes) => onData(source.data, bytes),
        close: () => void socketErrors++,
        error: () => void socketErrors++,
      },
    });
    const connection: Connection = { counter, index: -1, write: () => void socket.write(message) };
    socket.data = connection;
    all.push(connection);
    idle.push(connection);
  }

  const rest = shortRest();
  startedAt = performance.now();
  const lastUs = (warmUpMs + measuredMs + drainMs) * 1000;
  const finished = Promise.withResolvers<void>();
  let seen = 0;
  const turn = () => {
    const nowUs = elapsedUs();
    sendDue(nowUs);
    if (answered === schedule.total || nowUs > lastUs) {
      finished.resolve();
      return;
    }
    const isQuiet = sent + answered === seen;
    seen = sent + answered;
    if (isQuiet) rest();
    setImmediate(turn);
  };
  turn();
  await finished.promise;

  return {
    requests: latency.total,
    unanswered: schedule.total - answered,
    p50Us: latency.percentile(50),
    p90Us: latency.percentile(90),
    p99Us: latency.percentile(99),
    p999Us: latency.percentile(99.9),
    maxUs: latency.max,
    lateP99Us: lateness.percentile(99),
    statusErrors: all.reduce((sum, { counter }) => sum + counter.statusErrors, 0),
    socketErrors,
  };
}

/**
 * Sleeps some 40 µs. A timer of the event loop comes up to a millisecond late, longer than most answers take; not to
 * sleep at all would keep the upstream, on the same core, waiting for the end of our time slice.
 */
function shortRest(): () => void {
  // How much the kernel may prolong a sleep, 50 µs unless told otherwise (proc_pid_timerslack_ns(5)).
  writeFileSync("/proc/self/timerslack_ns", "1000");
  const never = new Int32Array(new SharedArrayBuffer(4));
  return () => void Atomics.wait(never, 0, 0, 0.02);
}
