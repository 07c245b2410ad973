// A cache in an emulated gateway, for tests.
import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate } from "@sluice/plugin-sdk/testing";
import type { AnswerInit, EmulatedGateway, ReceivedRequest } from "@sluice/plugin-sdk/testing";

import type proxyCache from "./plugin.ts";

export type Config = ConfigInput<typeof proxyCache>;
type Answer = (request: ReceivedRequest, count: number) => AnswerInit | Promise<AnswerInit>;

const plugin = new URL("./plugin.ts", import.meta.url);
export const JSON_TYPE: Readonly<Record<string, string>> = { "content-type": "application/json" };

/** An upstream that counts, and answers with the count unless told otherwise. */
export async function caching(
  config: Partial<Config> = {},
  answer: Answer = (_, count) => ({ headers: JSON_TYPE, body: `{"n":${count}}` }),
  more: object = {},
): Promise<EmulatedGateway> {
  let count = 0;
  return emulate({
    plugin,
    config: { strategy: "memory", ...config },
    upstream: (request) => answer(request, ++count),
    ...more,
  });
}

/** Lets everything go on that waits for nothing. */
export async function settle(): Promise<void> {
  for (let at = 0; at < 30; at++) await new Promise((resolve) => setImmediate(resolve));
}

export async function statusOf(
  gateway: EmulatedGateway,
  path: string,
  headers = {},
): Promise<string> {
  return (await gateway.request({ path, headers })).header("x-cache-status") ?? "";
}
