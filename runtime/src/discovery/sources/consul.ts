// Consul's /v1/health/service/:name with blocking queries: a request waits at the server until something changes.
import { z } from "zod";
import { fault, jsonOf } from "../http.ts";
import type { RegistryRequest } from "../http.ts";
import { readAuthorities } from "../read-text.ts";
import { source } from "../source.ts";
import type { Listener, ListedTarget, Source } from "../source.ts";
import { waitFor } from "../wait.ts";
import {
  credential,
  filePath,
  name,
  place,
  secondsBetween,
  serverOf,
  servers,
  timeout,
  urlAt,
} from "./fields.ts";

interface ConsulFields {
  readonly servers: readonly string[];
  readonly service_name: string;
  readonly token?: string | undefined;
  readonly dc?: string | undefined;
  readonly ns?: string | undefined;
  readonly tag?: string | undefined;
  readonly filter?: string | undefined;
  readonly wait: number;
  readonly timeout: number;
  readonly ca_file?: string | undefined;
}

const schema: z.ZodType<ConsulFields> = z.strictObject({
  servers: servers("http://127.0.0.1:8500"),
  service_name: name,
  token: credential.optional(),
  dc: name.optional(),
  ns: name.optional(),
  tag: name.optional(),
  filter: name.optional(),
  wait: secondsBetween(1, 600).default(60),
  timeout,
  ca_file: filePath.optional(),
});

const answerSchema = z.array(
  z.object({
    Node: z.object({ Address: z.string() }),
    Service: z.object({
      Address: z.string().optional(),
      Port: z.number(),
      Weights: z.object({ Passing: z.number() }).nullish(),
    }),
  }),
);

/** A server that does not wait must not be asked all the time, ms. */
const MIN_INTERVAL_MS = 100;

export const consulSource: Source = source<ConsulFields>({
  type: "consul",
  schema,
  watch: watchService,
});

async function watchService(fields: ConsulFields, listener: Listener): Promise<void> {
  const { clock, signal } = listener;
  const ca = await readAuthorities(fields, listener);
  let index = 0;
  while (!signal.aborted) {
    const askedAtMs = clock.nowMs();
    const request = requestFor(fields, index, { ca, listener });
    const found = await jsonOf(request);
    if (found === undefined) throw fault(request, "status 404");
    listener.onTargets(targetsIn(found.value, request));
    const next = Number(found.answer.header("x-consul-index") ?? 0);
    // Consul's rules for clients: one that goes back, or is none, begins again.
    index = Number.isSafeInteger(next) && next >= index ? Math.max(1, next) : 0;
    await waitFor(askedAtMs + MIN_INTERVAL_MS - clock.nowMs(), listener);
  }
}

interface RequestParts {
  readonly ca: string | undefined;
  readonly listener: Listener;
}

function requestFor(
  { service_name, token, dc, ns, tag, filter, wait, timeout, ...fields }: ConsulFields,
  index: number,
  { ca, listener }: RequestParts,
): RegistryRequest {
  const server = serverOf(fields.servers, listener.attempt);
  const url = urlAt(server, `/v1/health/service/${encodeURIComponent(service_name)}`);
  url.searchParams.set("passing", "1");
  const options = { dc, ns, tag, filter };
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined) url.searchParams.set(key, value);
  }
  if (index > 0) {
    url.searchParams.set("index", String(index));
    url.searchParams.set("wait", `${Math.round(wait * 1000)}ms`);
  }
  return {
    url,
    headers: token === undefined ? {} : { "X-Consul-Token": token },
    ca,
    // The server adds up to a sixteenth to the wait.
    timeoutMs: 1000 * (timeout + (index > 0 ? wait * (17 / 16) : 0)),
    signal: listener.signal,
  };
}

function targetsIn(value: unknown, request: RegistryRequest): readonly ListedTarget[] {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) throw fault(request, "expected a list of services with their nodes");
  return parsed.data.flatMap(({ Node, Service }) => {
    // A service without an address of its own is where its node is.
    const at = place(Service.Address || Node.Address, Service.Port);
    const weight = Math.min(65_535, Math.max(0, Math.round(Service.Weights?.Passing ?? 1)));
    return at === undefined ? [] : [{ ...at, weight }];
  });
}
