// Kubernetes' EndpointSlices of one service: a list, and a watch from its resourceVersion on.
import { z } from "zod";
import { isPort } from "../../config/schema/fields.ts";
import { fault, jsonLinesOf, jsonOf } from "../http.ts";
import type { RegistryRequest } from "../http.ts";
import { readAuthorities, readText } from "../read-text.ts";
import { source } from "../source.ts";
import type { Listener, Source } from "../source.ts";
import { endpointSliceSchema, targetsOfSlices } from "./endpoint-slices.ts";
import type { EndpointSlice } from "./endpoint-slices.ts";
import { credential, filePath, name, serverUrl, timeout, urlAt, weight } from "./fields.ts";

interface KubernetesFields {
  readonly server: string;
  readonly namespace: string;
  readonly service_name: string;
  readonly port?: string | number | undefined;
  readonly weight: number;
  readonly token?: string | undefined;
  readonly token_file?: string | undefined;
  readonly ca_file?: string | undefined;
  readonly timeout: number;
}

const IN_CLUSTER = "/var/run/secrets/kubernetes.io/serviceaccount";
const DEFAULT_SERVER = "https://kubernetes.default.svc";

/** In a pod nothing but the names is needed. */
const schema: z.ZodType<KubernetesFields> = z
  .strictObject({
    server: serverUrl.default(DEFAULT_SERVER),
    namespace: name.default("default"),
    service_name: name,
    port: z
      .union([z.string(), z.number()])
      .refine(isPortName, { error: "expected the name or the number of a port" })
      .optional(),
    weight: weight.default(100),
    token: credential.optional(),
    token_file: filePath.optional(),
    ca_file: filePath.optional(),
    timeout,
  })
  .transform((fields) => {
    if (fields.server !== DEFAULT_SERVER) return fields;
    return {
      ...fields,
      token_file: fields.token_file ?? `${IN_CLUSTER}/token`,
      ca_file: fields.ca_file ?? `${IN_CLUSTER}/ca.crt`,
    };
  });

function isPortName(port: string | number): boolean {
  return typeof port === "number" ? isPort(port) : /^[a-z0-9-]{1,63}$/.test(port);
}

/** Slices in one answer; more come in further ones. */
const PAGE = 500;
const MAX_PAGES = 100;
/** The server ends a watch after so long, and it goes on from where it was, s. */
const WATCH_S = 300;

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(endpointSliceSchema),
});
const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["ADDED", "MODIFIED", "DELETED"]), object: endpointSliceSchema }),
  z.object({
    type: z.literal("BOOKMARK"),
    object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }),
  }),
  z.object({
    type: z.literal("ERROR"),
    object: z.object({ code: z.number().optional(), reason: z.string().optional() }),
  }),
]);

export const kubernetesSource: Source = source<KubernetesFields>({
  type: "kubernetes",
  schema,
  watch: watchSlices,
});

async function watchSlices(fields: KubernetesFields, listener: Listener): Promise<void> {
  const slices = new Map<string, EndpointSlice>();
  const tell = (): void =>
    listener.onTargets(targetsOfSlices(slices.values(), fields.port, fields.weight));
  let version = await list(fields, listener, slices);
  tell();
  for (;;) {
    const seconds = String(WATCH_S);
    const query = { watch: "1", allowWatchBookmarks: "true", timeoutSeconds: seconds };
    const request = await requestFor(fields, { ...query, resourceVersion: version }, listener);
    const timeoutMs = WATCH_S * 1000 + request.timeoutMs;
    let count = 0;
    for await (const line of jsonLinesOf({ ...request, timeoutMs })) {
      const parsed = eventSchema.safeParse(line);
      if (!parsed.success) throw fault(request, "expected the events of a watch");
      const event = parsed.data;
      count++;
      switch (event.type) {
        case "ERROR":
          // The server does not remember that far back: the list is wanted anew.
          if (event.object.code === 410) return;
          throw fault(request, `error ${event.object.code} ${event.object.reason ?? ""}`.trim());
        case "BOOKMARK":
          version = event.object.metadata.resourceVersion;
          listener.onAlive();
          break;
        case "DELETED":
          slices.delete(event.object.metadata.name);
          version = event.object.metadata.resourceVersion ?? version;
          tell();
          break;
        case "ADDED":
        case "MODIFIED":
          slices.set(event.object.metadata.name, event.object);
          version = event.object.metadata.resourceVersion ?? version;
          tell();
      }
    }
    // A watch that ends with its time is followed by the next; one that ends at once is a fault.
    if (count === 0) throw fault(request, "the watch has ended without a word");
  }
}

/** Fills in the slices; gives the version that they stand for. */
async function list(
  fields: KubernetesFields,
  listener: Listener,
  slices: Map<string, EndpointSlice>,
): Promise<string> {
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { limit: String(PAGE), ...(next !== undefined && { continue: next }) };
    const request = await requestFor(fields, query, listener);
    const answer = await jsonOf(request);
    const parsed = listSchema.safeParse(answer?.value);
    if (!parsed.success) {
      throw fault(request, answer === undefined ? "status 404" : "expected a list of slices");
    }
    for (const slice of parsed.data.items) slices.set(slice.metadata.name, slice);
    next = parsed.data.metadata.continue || undefined;
    if (next === undefined) return parsed.data.metadata.resourceVersion;
  }
  throw new Error(`${fields.server}: more than ${MAX_PAGES * PAGE} slices`);
}

async function requestFor(
  { server, namespace, service_name, token, token_file, ...fields }: KubernetesFields,
  query: Readonly<Record<string, string>>,
  listener: Listener,
): Promise<RegistryRequest> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
  const url = urlAt(server, path);
  url.searchParams.set("labelSelector", `kubernetes.io/service-name=${service_name}`);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  // Read each time: the kubelet puts a new token there before the old one expires.
  const bearer = token ?? (token_file && (await readText(token_file, listener)).trim());
  return {
    url,
    headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` },
    ca: await readAuthorities(fields, listener),
    timeoutMs: fields.timeout * 1000,
    signal: listener.signal,
  };
}
