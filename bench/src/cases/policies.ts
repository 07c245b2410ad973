// What each bundled policy adds to a request, and five of them together against nginx with Lua doing the same.
import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import {
  API_KEY,
  CONSUMER_ID,
  CREDENTIAL_ID,
  LIMIT_PER_MINUTE,
  UPSTREAM_BODY,
  USERNAME,
} from "../fixture.ts";
import { get } from "../http.ts";
import type { Lab } from "../lab.ts";
import type { LoadCase } from "../load-case.ts";
import { coreEach, smallGet } from "../load-case.ts";
import { nginxLua, sluice } from "../peer-list.ts";
import type { ProxySpec, RunningProxy } from "../proxies.ts";
import type { Runtime } from "../sluice.ts";
import { RUNTIMES } from "../sluice.ts";
import { findFaults } from "../verify.ts";

const ORIGIN = "https://app.example.com";
const ISSUER = "bench";

interface Entry {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const KEY_AUTH: Entry = { name: "key-auth" };
const RATE_LIMITING: Entry = { name: "rate-limiting", config: { minute: LIMIT_PER_MINUTE } };
const CORS: Entry = {
  name: "cors",
  config: { origins: [ORIGIN], credentials: true, exposed_headers: ["X-Request-Id"] },
};
const CORRELATION_ID: Entry = {
  name: "correlation-id",
  config: { header_name: "Kong-Request-ID", generator: "uuid", echo_downstream: true },
};

/** By the end of the row's id; what needs a consumer has key-auth before it. */
const POLICIES: Readonly<Record<string, readonly Entry[]>> = {
  none: [],
  "key-auth": [KEY_AUTH],
  "basic-auth": [{ name: "basic-auth" }],
  jwt: [{ name: "jwt", config: { header_names: ["x-token"] } }],
  acl: [KEY_AUTH, { name: "acl", config: { allow: ["team"] } }],
  "ip-restriction": [{ name: "ip-restriction", config: { allow: ["127.0.0.0/8", "10.0.0.0/8"] } }],
  "bot-detection": [{ name: "bot-detection" }],
  "rate-limiting": [RATE_LIMITING],
  "request-size-limiting": [{ name: "request-size-limiting" }],
  "request-transformer": [
    {
      name: "request-transformer",
      config: { add: { headers: ["X-Team:billing"] }, remove: { headers: ["X-Debug"] } },
    },
  ],
  "response-transformer": [
    { name: "response-transformer", config: { add: { headers: ["X-Team:billing"] } } },
  ],
  cors: [CORS],
  "correlation-id": [CORRELATION_ID],
  "proxy-cache": [{ name: "proxy-cache", config: { strategy: "memory" } }],
  prometheus: [{ name: "prometheus", config: { status_code_metrics: true } }],
  opentelemetry: [
    {
      name: "opentelemetry",
      config: { traces_endpoint: "http://127.0.0.1:9/v1/traces", sampling_rate: 0.01 },
    },
  ],
};

const COMMON = {
  base: { title: "forwarding alone", rowId: baseOf },
  warmsUpEachTurn: true,
  placement: coreEach,
  load: smallGet,
  verify: (_: Lab, proxy: RunningProxy) =>
    proxy.spec.hasPolicies ? findFaults(proxy) : answerFaults(proxy),
} as const;

export const policiesCase: LoadCase = {
  id: "policies",
  title: "Five policies together, and jwt",
  proxies: [
    nginxLua(5),
    ...RUNTIMES.flatMap((runtime) => [
      ...["none", "jwt"].map((name) => alone(runtime, name)),
      five(runtime),
    ]),
  ].map(asClient),
  ...COMMON,
};

/** A few at a time: gateways that wait for their turn on the same core still take some of it, and of its caches. */
const AT_A_TIME = 4;

export const eachPolicyCases: readonly LoadCase[] = RUNTIMES.flatMap((runtime) => {
  const names = Object.keys(POLICIES).filter((name) => name !== "none");
  return Array.from({ length: Math.ceil(names.length / AT_A_TIME) }, (_, part): LoadCase => {
    const some = names.slice(part * AT_A_TIME, (part + 1) * AT_A_TIME);
    return {
      id: "each-policy",
      title: `Policies alone: ${some.join(", ")}`,
      proxies: ["none", ...some].map((name) => asClient(alone(runtime, name))),
      ...COMMON,
    };
  });
});

function asClient(spec: ProxySpec): ProxySpec {
  return { ...spec, headers: clientHeaders };
}

function baseOf({ peer }: ProxySpec): string {
  return peer === "nginx-lua" ? "nginx-lua-five" : `${peer.replace("-policies", "")}-none`;
}

function alone(runtime: Runtime, name: string): ProxySpec {
  const entries = POLICIES[name] ?? [];
  const spec = sluice(runtime, {
    variant: `-${name}`,
    writeConfig: (path, port) => writeFileSync(path, JSON.stringify(configOf(entries, port))),
  });
  const title = entries.map((entry) => entry.name).join(" + ");
  return { ...spec, title: `${spec.title}, ${title === "" ? "no policy" : title}` };
}

function five(runtime: Runtime): ProxySpec {
  const spec = sluice(runtime, {
    variant: "-five",
    hasPolicies: true,
    writeConfig: (path, port, logPath) => {
      const log: Entry = { name: "file-log", config: { path: logPath } };
      const entries = [KEY_AUTH, RATE_LIMITING, CORS, CORRELATION_ID, log];
      writeFileSync(path, JSON.stringify(configOf(entries, port)));
    },
  });
  return { ...spec, title: spec.title.replace("4 policies", "5 policies") };
}

function configOf(plugins: readonly Entry[], upstreamPort: number): unknown {
  const usesJwt = plugins.some(({ name }) => name === "jwt");
  const usesBasic = plugins.some(({ name }) => name === "basic-auth");
  const usesAcl = plugins.some(({ name }) => name === "acl");
  return {
    _format_version: "3.0",
    services: [
      {
        name: "bench",
        url: `http://127.0.0.1:${upstreamPort}`,
        routes: [{ name: "all", paths: ["/"] }],
      },
    ],
    consumers: [
      {
        id: CONSUMER_ID,
        username: USERNAME,
        keyauth_credentials: [{ id: CREDENTIAL_ID, key: API_KEY }],
        ...(usesBasic && { basicauth_credentials: [{ username: USERNAME, password: API_KEY }] }),
        ...(usesAcl && { acls: [{ group: "team" }] }),
        ...(usesJwt && {
          jwt_secrets: [
            {
              key: ISSUER,
              algorithm: "RS256",
              rsa_public_key: keys().publicKey.export({ type: "spki", format: "pem" }),
            },
          ],
        }),
      },
    ],
    plugins,
  };
}

/** All of them in each request, so that every row reads the same. */
function clientHeaders(): Readonly<Record<string, string>> {
  return (headers ??= {
    Origin: ORIGIN,
    Authorization: `Basic ${Buffer.from(`${USERNAME}:${API_KEY}`).toString("base64")}`,
    "X-Token": `Bearer ${token()}`,
  });
}

let headers: Readonly<Record<string, string>> | undefined;

function token(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: ISSUER, sub: USERNAME, exp: expires })}`;
  return `${text}.${sign("sha256", Buffer.from(text), keys().privateKey).toString("base64url")}`;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function keys(): KeyPair {
  return (pair ??= generateKeyPairSync("rsa", { modulusLength: 2048 }));
}

let pair: KeyPair | undefined;

async function answerFaults({ port }: RunningProxy): Promise<string[]> {
  const { status, body } = await get(port, "/", { ...clientHeaders(), apikey: API_KEY });
  if (status !== 200) return [`GET / gave ${status}, expected 200: ${body}`];
  return body === UPSTREAM_BODY ? [] : [`GET / gave another body: ${body}`];
}
