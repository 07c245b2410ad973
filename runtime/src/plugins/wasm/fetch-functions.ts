// Host functions that ask other servers, and that take URLs apart as the runtime does.
import type { FetchErrorReason } from "@sluice/plugin-sdk";
import { Fault, MAX_HOST_STRING_BYTES } from "@sluice/plugin-sdk/abi";
import { changeUrl, parseUrl } from "@sluice/plugin-sdk/url-parts";
import type { Exchange } from "../../exchange.ts";
import type { FetchRules } from "../../outbound/destination.ts";
import { FetchFailed } from "../../outbound/fetch-failed.ts";
import { fetchRules } from "../fetch-rules.ts";
import { readFetchHead } from "./fetch-head.ts";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";
import type { PendingCalls } from "./pending-calls.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export interface FetchFunctionOptions {
  readonly plugin: string;
  readonly memory: GuestMemory;
  readonly call: GuestCall;
  readonly pending: PendingCalls;
  readonly entries: readonly GuestEntry[];
  readonly services: Pick<HostServices, "outbound" | "subrequests">;
}

const FAULTS: Readonly<Record<FetchErrorReason, number>> = {
  denied: Fault.denied,
  invalid: Fault.badValue,
  limit: Fault.limit,
  ended: Fault.badHandle,
  timeout: Fault.unavailable,
  unreachable: Fault.unavailable,
  malformed: Fault.unavailable,
  redirect: Fault.unavailable,
};

/** Handle of no request. */
const NO_REQUEST = 0;

export function fetchFunctions({
  plugin,
  memory,
  call,
  pending,
  entries,
  services,
}: FetchFunctionOptions): HostFunctions<"fetch" | "url_parse" | "url_set"> {
  const known: (FetchRules | undefined)[] = [];
  const rulesOf = (entry: number): FetchRules => {
    return (known[entry] ??= fetchRules(plugin, entries[entry]?.grants));
  };
  return {
    fetch: (_, request, head, headLength, body, bodyLength) => {
      // An instance that only stands by, or is only checked, asks nobody.
      if (call.isConfiguring) return Fault.wrongPhase;
      const asking = request === NO_REQUEST ? undefined : call.of(request);
      if (request !== NO_REQUEST && asking?.exchange === undefined) return Fault.badHandle;
      if (headLength > MAX_HOST_STRING_BYTES || bodyLength > MAX_HOST_STRING_BYTES) {
        return Fault.limit;
      }
      const parts = readFetchHead(memory.readUtf8(head, headLength));
      if (parts === undefined) return Fault.badValue;
      const entry = asking?.entry ?? call.entry;
      const running = new AbortController();
      const abort = (): void => running.abort(new FetchFailed("ended", "the request has ended"));
      const id = pending.start({ request, entry, abort });
      if (id < 0) return id;
      const parent = asking?.exchange;
      const release = parent && abortWithRequest(parent, abort);
      const asked = { ...parts, body: Buffer.from(memory.bytes(body, bodyLength)) };
      const isOwn = parent !== undefined && isPath(parts.url);
      const answering = isOwn
        ? services.subrequests.fetch(plugin, parent, asked, running.signal)
        : services.outbound.fetch(asked, rulesOf(entry), running.signal);
      answering.finally(release).then(
        ({ body: answer, ...answerHead }) =>
          pending.finish(id, answerHead.status, {
            head: JSON.stringify(answerHead),
            body: answer,
          }),
        (error: FetchFailed) => {
          const { reason, message } = error;
          pending.finish(id, FAULTS[reason], { head: JSON.stringify({ reason, message }) });
        },
      );
      return id;
    },

    url_parse: (_, text, length, base, baseLength, buffer, limit) => {
      const relativeTo = baseLength < 0 ? undefined : memory.readUtf8(base, baseLength);
      const json = parseUrl(memory.readUtf8(text, length), relativeTo);
      return json === undefined ? Fault.badValue : memory.writeUtf8(json, buffer, limit);
    },

    url_set: (_, url, urlLength, part, value, valueLength, buffer, limit) => {
      const href = memory.readUtf8(url, urlLength);
      const json = changeUrl(href, part, memory.readUtf8(value, valueLength));
      return json === undefined ? Fault.badValue : memory.writeUtf8(json, buffer, limit);
    },
  };
}

/** To the request's own service; two slashes begin a host. */
function isPath(url: string): boolean {
  return url.startsWith("/") && !url.startsWith("//");
}

/** What a request waits for has no use when it is over; in the log phase it always is. Gives what ends the watch. */
function abortWithRequest(exchange: Exchange, abort: () => void): (() => void) | undefined {
  if (exchange.isOver) return undefined;
  const underWay = (exchange.underWay ??= new Set());
  underWay.add(abort);
  return () => void underWay.delete(abort);
}
