// Every host function of the ABI in every phase, on a real gateway: what it gives, and what it refuses (W5, W9).
import assert from "node:assert/strict";
import { test } from "node:test";

import { FUNCTION_NAMES, kindsOf, resultOf } from "../abi/functions.ts";
import type { FunctionName } from "../abi/functions.ts";
import {
  BUFFER,
  HUGE_LENGTH,
  NOT_A_NUMBER,
  PROBE_PHASES,
  Probe,
  WILD_POINTER,
  keyOf,
  text,
} from "../abi/probe.ts";
import type { Argument, ProbePhase } from "../abi/probe.ts";
import { REQUEST_ROWS } from "../abi/request-rows.ts";
import { BAD_HANDLE, WRONG_PHASE, row } from "../abi/row.ts";
import type { Expected, Row } from "../abi/row.ts";
import { SERVICE_ROWS } from "../abi/service-rows.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const rows: Row[] = [...REQUEST_ROWS, ...SERVICE_ROWS];

/** With a handle of no request, 0 for everything else. */
function withBadHandle(name: FunctionName, handle: Argument): Argument[] {
  return kindsOf(name).flatMap((kind): Argument[] => {
    if (kind === "r") return [handle];
    if (kind === "b") return [BUFFER];
    return kind === "t" ? [text("x")] : [0];
  });
}

const OF_REQUESTS = FUNCTION_NAMES.filter((name) => kindsOf(name).includes("r"));
for (const name of OF_REQUESTS) {
  const expected = resultOf(name) === "f" ? NOT_A_NUMBER : BAD_HANDLE;
  for (const handle of ["ended", -1, 12_345_678] as const) {
    rows.push(row(name, withBadHandle(name, handle), expected));
  }
}

/** One of a function's texts or buffers lies outside, or is too long. */
function wildCalls(name: FunctionName): Argument[][] {
  const kinds = kindsOf(name);
  return kinds.flatMap((wild, at) => {
    if (wild !== "t" && wild !== "b") return [];
    // A limit may be as large as it likes: it is the value that has to fit.
    const lengths =
      wild === "t"
        ? [
            [0, HUGE_LENGTH],
            [0, -2],
          ]
        : [];
    return [[WILD_POINTER, 1000], [-8, 1000], ...lengths].map((range) =>
      kinds.flatMap((kind, index): Argument[] => {
        if (index === at) return [...range];
        if (kind === "r") return ["request"];
        if (kind === "c") return ["config"];
        if (kind === "b") return [BUFFER];
        return kind === "t" ? [text("x")] : [1];
      }),
    );
  });
}

const granted = new Probe();
const bare = new Probe();
const numbered = rows.map((each) => ({
  ...each,
  number: (each.isBare ? bare : granted).add(...each.call),
}));
const wild = FUNCTION_NAMES.flatMap((name) =>
  wildCalls(name).map((values) => ({ name, values, number: granted.add(name, ...values) })),
);
const inConfigure = numbered.filter(({ isBare, call: [name] }) => !isBare && !isUnfit(name));

/** What would end the configure that it is called in. */
function isUnfit(name: FunctionName): boolean {
  return name === "fail" || name === "timer_start";
}

const GRANTS: Entry = {
  consumers: true,
  store: ["granted"],
  secrets: ["vault://env/abi-secret"],
};

const used = useGateway(([port = 0]) => {
  const at = (name: string, plugin: Entry): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [
      { name: `${name}-route`, hosts: [`${name}.example`], paths: ["/"], strip_path: false },
    ],
    plugins: [plugin],
  });
  return {
    config: config({
      consumers: [{ username: "abi", keyauth_credentials: [{ key: "abi-key" }] }],
      services: [at("gw", { name: "probe", grants: GRANTS }), at("bare", { name: "bare-probe" })],
    }),
    plugins: {
      probe: granted.build(
        "probe",
        inConfigure.map(({ number }) => number),
      ),
      "bare-probe": bare.build("bare-probe", []),
    },
    env: { ABI_SECRET: "hidden" },
  };
});

async function make(host: string, phase: ProbePhase, number: number): Promise<number> {
  used.upstream.answer = (_request, connection) => {
    connection.send(reply("200 OK", "answer", "X-Up: yes"));
  };
  const head = [
    `POST /${phase}?${"x".repeat(number)} HTTP/1.1`,
    `Host: ${host}.example`,
    "X-Probe: hello",
    "X-Many: 1",
    "X-Many: 2",
    "Content-Length: 3",
  ];
  return (await used.gateway.ask(`${head.join("\r\n")}\r\n\r\nabc`)).status;
}

interface Outcome {
  readonly result: number;
  /** What the buffer held. */
  readonly value: string;
}

/** What the call gave. */
async function resultOfCall(host: string, phase: ProbePhase, number: number): Promise<Outcome> {
  const lines = [
    "GET /results HTTP/1.1",
    `Host: ${host}.example`,
    `X-Key: ${keyOf(phase, number)}`,
  ];
  const found = await eventually(
    // Phases behind the response may still be going on.
    async () => (await used.gateway.ask(`${lines.join("\r\n")}\r\n\r\n`)).header("x-result"),
    `the result of call ${number} in ${phase}; log:\n${used.gateway.log.slice(-2000)}`,
  );
  const [result = "", ...value] = found.split(" ");
  return { result: Number(result), value: value.join(" ") };
}

function expectedIn(phase: ProbePhase, expected: Expected): number | ((result: number) => boolean) {
  if (typeof expected !== "object") return expected;
  return expected[phase] ?? expected.other;
}

/** What is wrong with what a call gave; undefined when nothing is. */
function faultOf(each: Row, phase: ProbePhase, got: Outcome): string | undefined {
  const wanted = expectedIn(phase, each.expected);
  const isRight =
    typeof wanted === "function"
      ? wanted(got.result)
      : // What has a text is there; how long it is, is not the point.
        got.result === wanted || (each.value !== undefined && wanted > 0 && got.result > 0);
  const hasValue = each.value === undefined || got.result <= 0 || each.value.test(got.value);
  return isRight && hasValue ? undefined : `${shown(each)} gave ${got.result} ${got.value}`;
}

function shown({ call: [name, ...values] }: Row): string {
  return `${name}(${JSON.stringify(values).slice(1, -1)})`;
}

for (const phase of PROBE_PHASES) {
  test(`W9 abi: every function gives what it must in ${phase}`, async () => {
    const faults: string[] = [];
    for (const each of numbered) {
      const host = each.isBare ? "bare" : "gw";
      const status = await make(host, phase, each.number);
      if (status >= 300) faults.push(`${shown(each)} ended with ${status}`);
      else {
        const fault = faultOf(each, phase, await resultOfCall(host, phase, each.number));
        if (fault !== undefined) faults.push(fault);
      }
    }
    assert.deepEqual(faults, []);
  });
}

test("W9 abi: configure has no request, and everything else", async () => {
  const faults: string[] = [];
  for (const each of inConfigure) {
    const [name] = each.call;
    const bad = resultOf(name) === "f" ? NOT_A_NUMBER : BAD_HANDLE;
    // Configure may not wait for anything.
    const waits = name === "fetch" || name === "redis_call";
    const refused = waits ? WRONG_PHASE : bad;
    const isRefused = each.isOfRequest || waits;
    const wanted: Row = isRefused ? { ...each, expected: refused } : each;
    const fault = faultOf(wanted, "configure", await resultOfCall("gw", "configure", each.number));
    if (fault !== undefined) faults.push(fault);
  }
  assert.deepEqual(faults, []);
});

test("W5 abi: what lies outside of the memory is neither read nor written, and traps", async () => {
  let trapped = 0;
  for (const { name, values, number } of wild) {
    const what = `${name}(${JSON.stringify(values)})`;
    const status = await make("gw", "access", number);
    if (status === 500) {
      trapped++;
      continue;
    }
    // Refused before it was looked at; or written nowhere, because it did not fit or there was nothing.
    assert.ok(status < 300, `${what}: ${status}`);
    const { value } = await resultOfCall("gw", "access", number).catch((cause: unknown) => {
      throw new Error(what, { cause });
    });
    assert.equal(value, "", what);
  }
  assert.ok(trapped > wild.length / 3, `${trapped} of ${wild.length}`);
});
