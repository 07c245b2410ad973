// Eureka's /apps/APP, asked again and again: the protocol has no way to wait for a change.
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
  weight,
} from "./fields.ts";

interface EurekaFields {
  readonly servers: readonly string[];
  readonly service_name: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly fetch_interval: number;
  readonly weight: number;
  readonly timeout: number;
  readonly ca_file?: string | undefined;
}

const schema: z.ZodType<EurekaFields> = z.strictObject({
  servers: servers("http://127.0.0.1:8761/eureka"),
  service_name: name,
  user: credential.optional(),
  password: credential.optional(),
  fetch_interval: secondsBetween(0.1, 3600).default(30),
  weight: weight.default(100),
  timeout,
  ca_file: filePath.optional(),
});

/** What XML was before: `{"$": 8080, "@enabled": "true"}`; newer servers leave the odd parts out. */
const port = z.object({
  $: z.coerce.number(),
  "@enabled": z.union([z.string(), z.boolean()]).optional(),
});

const instance = z.object({
  ipAddr: z.string(),
  status: z.string(),
  overriddenStatus: z.string().optional(),
  port: port.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const answerSchema = z.object({
  application: z.object({
    // One alone is not in a list.
    instance: z.union([z.array(instance), instance]).optional(),
  }),
});

export const eurekaSource: Source = source<EurekaFields>({
  type: "eureka",
  schema,
  watch: watchApp,
});

async function watchApp(fields: EurekaFields, listener: Listener): Promise<void> {
  const ca = await readAuthorities(fields, listener);
  while (!listener.signal.aborted) {
    const request = requestFor(fields, ca, listener);
    const found = await jsonOf(request);
    // An application without instances is unknown to Eureka.
    listener.onTargets(found === undefined ? [] : targetsIn(found.value, fields, request));
    await waitFor(fields.fetch_interval * 1000, listener);
  }
}

function requestFor(
  { servers: all, service_name, user = "", password = "", timeout: seconds }: EurekaFields,
  ca: string | undefined,
  { attempt, signal }: Listener,
): RegistryRequest {
  const basic = Buffer.from(`${user}:${password}`).toString("base64");
  return {
    url: urlAt(serverOf(all, attempt), `/apps/${encodeURIComponent(service_name)}`),
    headers: basic === "Og==" ? {} : { Authorization: `Basic ${basic}` },
    ca,
    timeoutMs: seconds * 1000,
    signal,
  };
}

function targetsIn(
  value: unknown,
  { weight: usual }: EurekaFields,
  request: RegistryRequest,
): readonly ListedTarget[] {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) throw fault(request, "expected an application with its instances");
  const { instance: instances = [] } = parsed.data.application;
  return [instances].flat().flatMap(({ status, ipAddr, port: given, metadata }) => {
    if (status !== "UP" || given === undefined || String(given["@enabled"]) === "false") return [];
    const at = place(ipAddr, given.$);
    const own = Number(metadata?.["weight"] ?? usual);
    const isWeight = Number.isInteger(own) && own >= 0 && own <= 65_535;
    return at === undefined ? [] : [{ ...at, weight: isWeight ? own : usual }];
  });
}
