// Which endpoints of a Kubernetes service get requests, by its EndpointSlices.
import { z } from "zod";
import type { ListedTarget } from "../source.ts";
import { place } from "./fields.ts";

/** Fields of discovery.k8s.io/v1 that matter here; what is not known may be null. */
export const endpointSliceSchema: z.ZodType<EndpointSlice> = z.object({
  metadata: z.object({ name: z.string(), resourceVersion: z.string().optional() }),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).nullish(),
        conditions: z
          .object({
            ready: z.boolean().nullish(),
            serving: z.boolean().nullish(),
            terminating: z.boolean().nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  ports: z
    .array(
      z.object({
        name: z.string().nullish(),
        port: z.number().nullish(),
        protocol: z.string().nullish(),
      }),
    )
    .nullish(),
});

export interface EndpointSlice {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string | undefined };
  readonly endpoints?: readonly Endpoint[] | null | undefined;
  readonly ports?: readonly EndpointPort[] | null | undefined;
}

interface Endpoint {
  readonly addresses?: readonly string[] | null | undefined;
  readonly conditions?:
    | {
        readonly ready?: boolean | null | undefined;
        readonly serving?: boolean | null | undefined;
        readonly terminating?: boolean | null | undefined;
      }
    | null
    | undefined;
}

interface EndpointPort {
  readonly name?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly protocol?: string | null | undefined;
}

/** `port`: name or number; undefined for the first one. */
export function targetsOfSlices(
  slices: Iterable<EndpointSlice>,
  port: string | number | undefined,
  weight: number,
): readonly ListedTarget[] {
  const ready: ListedTarget[] = [];
  const leaving: ListedTarget[] = [];
  for (const { endpoints, ports } of slices) {
    const at = portOf(ports ?? [], port);
    if (at === undefined) continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      // The addresses of one endpoint are the same pod.
      const found = place(addresses?.[0] ?? "", at);
      if (found === undefined) continue;
      const target = { ...found, weight };
      // Unknown counts as ready. A pod that is leaving is never ready, though it may still serve.
      if (conditions?.ready ?? true) ready.push(target);
      else if (conditions?.terminating === true && conditions.serving === true)
        leaving.push(target);
    }
  }
  // As kube-proxy does: better those that are leaving than none.
  return ready.length > 0 ? ready : leaving;
}

function portOf(
  ports: readonly EndpointPort[],
  wanted: string | number | undefined,
): number | undefined {
  const tcp = ports.filter(({ protocol }) => (protocol ?? "TCP") === "TCP");
  const found =
    wanted === undefined
      ? tcp[0]
      : tcp.find(({ name, port }) => (typeof wanted === "number" ? port : name) === wanted);
  return found?.port ?? undefined;
}
